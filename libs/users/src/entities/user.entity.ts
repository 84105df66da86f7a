import { Column, Entity } from 'typeorm';
import { IdColumn, InstantColumn, IntegerColumn, NotPersonal, PersonalData, Sealed } from '#kernel';

/**
 * A person with an account. The row exists only after the e-mail address was verified.
 *
 * The address and the name rest sealed under the person's `account` key: when that key is destroyed, the row
 * stays for the sake of the records that point at it, and nobody can read who it was.
 */
@Entity('user')
export class User {
  @IdColumn()
  id: string;

  @PersonalData({
    id: 'users.email',
    subject: 'id',
    retention: 'account',
    blindIndex: 'email',
    label: 'E-mail address',
  })
  email: Sealed<string>;

  @PersonalData({ id: 'users.name', subject: 'id', retention: 'account', label: 'Name' })
  name: Sealed<string>;

  @NotPersonal()
  @Column({ type: Boolean })
  isActive: boolean;

  @InstantColumn({ nullable: true })
  erasedAt: Date | null;

  /**
   * Counts the changes of this row; a writer states the version it read, so that no change is overwritten
   * unseen.
   */
  @IntegerColumn()
  version: number;

  @InstantColumn()
  createdAt: Date;

  @InstantColumn()
  updatedAt: Date;

  get isErased(): boolean {
    return this.erasedAt !== null;
  }
}
