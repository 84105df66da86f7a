/** Who acts: a logged-in user, or a part of the system itself. */
export interface Principal {
  readonly kind: 'user' | 'system';
  /** A user's id (`usr_…`), or `system:<name>`. */
  readonly id: string;
  readonly sessionId?: string;
  /** When the user last proved who they are; refreshing a session proves nothing. */
  readonly loggedInAt?: Date;
  readonly permissions: ReadonlySet<string>;
}

/** The principal of background work; `name` says which part acts. It holds no permissions: only routes ask for them. */
export function systemPrincipal(name: string): Principal {
  return { kind: 'system', id: `system:${name}`, permissions: new Set() };
}
