/** Hands a file to whoever sits before the page. */

import type { FileAnswer } from '@/api/client';

export function save({ name, content }: FileAnswer): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  URL.revokeObjectURL(url);
}
