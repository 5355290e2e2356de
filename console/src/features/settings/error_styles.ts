import type { ErrorStyle } from '@/api/types.ts';

export const styleNames: Record<ErrorStyle, string> = {
  envelope: 'Envelope',
  flat: 'Flat',
  problem: 'Problem (RFC 9457)',
};

export const styleExample: Record<ErrorStyle, string> = {
  envelope: `{"error":{"code":"IP_NOT_ALLOWED","message":"Request IP address is not in the API key's allowlist"}}`,
  flat: '{"error":"ip_not_allowed","message":"Request IP is not in the allowed list","status":403}',
  problem: '{"type":"…","title":"…","status":403,"detail":"…","request_id":"…"}',
};
