import { DomainEvent } from '#kernel';

/** An address was verified and the account exists. */
export class UserCreated extends DomainEvent<{ userId: string }> {
  static readonly type = 'users.user_created';
}

export class UserDeactivated extends DomainEvent<{ userId: string }> {
  static readonly type = 'users.user_deactivated';
}

export class UserReactivated extends DomainEvent<{ userId: string }> {
  static readonly type = 'users.user_reactivated';
}

/** The account key is destroyed; whoever keeps something about this person lets go of it now. */
export class UserErased extends DomainEvent<{ userId: string }> {
  static readonly type = 'users.user_erased';
}
