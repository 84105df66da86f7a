import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import {
  AppendOnly,
  CodeColumn,
  InstantColumn,
  IntegerColumn,
  NotCaptured,
  NotPersonal,
  RefColumn,
} from '#kernel';

/** `baseline` is the image of a row as it stood when capture of its table began or changed. */
export type Operation = 'insert' | 'update' | 'delete' | 'baseline';

/** One changed row, written by a trigger of the database in the transaction that changed it. */
@Entity('row_change')
@NotCaptured('It is the record itself.')
@AppendOnly()
export class RowChange {
  /** Counts up: the changes of one row stand in their exact order. */
  @PrimaryGeneratedColumn({ type: 'bigint' })
  @NotPersonal()
  id: string;

  @CodeColumn({ length: 64 })
  tableName: string;

  /** The primary key's value; a JSON array of values when it has several columns. */
  @Column({ type: 'varchar', length: 255 })
  @NotPersonal()
  rowId: string;

  @CodeColumn({ length: 10 })
  operation: Operation;

  /** JSON object: column to value as a string or null; bytes, sealed ones included, in hexadecimal. */
  @Column({ type: 'text', nullable: true })
  @NotPersonal()
  beforeImage: string | null;

  @Column({ type: 'text', nullable: true })
  @NotPersonal()
  afterImage: string | null;

  /** The entry that accounts for the change; null while nobody has claimed it. A claim, until that entry is sequenced. */
  @RefColumn({ nullable: true })
  entryId: string | null;

  /** The database's own word for who was connected. */
  @Column({ type: 'varchar', length: 255 })
  @NotPersonal()
  databaseUser: string;

  @InstantColumn()
  changedAt: Date;

  /** The place of its entry in the transparency log; null until that is sequenced. */
  @IntegerColumn({ nullable: true })
  leafIndex: number | null;

  @IntegerColumn({ nullable: true })
  logNumber: number | null;
}
