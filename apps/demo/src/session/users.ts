/** The demo's users. There are no passwords: pick one and be it. */
export const users = [
  { id: 'ann', name: 'Ann' },
  { id: 'bob', name: 'Bob' },
  { id: 'admin', name: 'Admin' },
] as const;

export function isUser(id: unknown): id is (typeof users)[number]['id'] {
  return users.some((user) => user.id === id);
}
