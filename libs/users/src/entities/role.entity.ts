import { Column, Entity } from 'typeorm';
import { IdColumn, InstantColumn, IntegerColumn, JsonColumn, NotPersonal } from '#kernel';

/**
 * Stands for every declared permission, those of rooms added later included. Only the built-in administrator
 * may hold it.
 */
export const EVERY_PERMISSION = '*';

/** The role that cannot be emptied, deleted or left without an active holder. */
export const ADMINISTRATOR = 'administrator';

/** The role given to everyone whose address was verified. */
export const CUSTOMER = 'customer';

/**
 * A named bundle of permissions. Its id is its key, such as `auditor`, because administrators and
 * configuration speak of it by name.
 */
@Entity('role')
export class Role {
  @IdColumn()
  id: string;

  @NotPersonal()
  @Column({ type: 'varchar', length: 100 })
  name: string;

  @NotPersonal()
  @Column({ type: 'varchar', length: 500 })
  description: string;

  @NotPersonal()
  @JsonColumn()
  permissions: string[];

  @NotPersonal()
  @Column({ type: Boolean })
  isBuiltIn: boolean;

  /** Counts changes of the role. */
  @IntegerColumn()
  version: number;

  @InstantColumn()
  createdAt: Date;

  @InstantColumn()
  updatedAt: Date;

  get isAdministrator(): boolean {
    return this.id === ADMINISTRATOR;
  }
}
