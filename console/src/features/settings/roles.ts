import type { Role } from '@/api/types.ts';

export const roleText: Record<Role, { name: string; may: string }> = {
  operator: { name: 'Operator', may: 'May do everything on this instance.' },
  owner: { name: 'Owner', may: 'May do everything in the account, members and tokens included.' },
  admin: { name: 'Admin', may: 'May create and change keys and allowlists.' },
  viewer: { name: 'Viewer', may: 'May look at everything, and change nothing.' },
};

export const accountRoles = ['owner', 'admin', 'viewer'] as const;
