import { Entity } from 'typeorm';
import { AboutSubject, IdColumn, InstantColumn, RefColumn } from '#kernel';

/** One person holds one role. */
@Entity('user_role')
@AboutSubject('userId')
export class UserRole {
  @IdColumn()
  id: string;

  @RefColumn()
  userId: string;

  @RefColumn()
  roleId: string;

  @InstantColumn()
  createdAt: Date;
}
