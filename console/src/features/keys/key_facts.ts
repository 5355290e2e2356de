// What a person types about a key, made into what the API takes.
import { rfc3339 } from '@/components/local_time.ts';

export interface KeyForm {
  name: string;
  description: string;
  scopes: string[];
  ends: string;
}

export const emptyKeyForm: KeyForm = { name: '', description: '', scopes: [], ends: '' };

export const keyBody = ({ name, description, scopes, ends }: KeyForm) => ({
  name: name.trim(),
  description: description.trim(),
  scopes,
  expires_at: rfc3339(ends),
});
