import { Column, Entity, PrimaryColumn } from 'typeorm';
import { InstantColumn, NotCaptured, NotPersonal, Secret } from '#kernel';

/**
 * The data key of one person for one retention class, wrapped by the key-encryption key of an epoch.
 * The row outlives its key: a destroyed one is the fence that keeps a key from ever being minted again.
 */
@Entity('subject_key')
@NotCaptured(
  'A wrapped key must vanish without a trace on erasure; the erasure has an audit entry of its own.',
)
export class SubjectKey {
  @PrimaryColumn({ type: 'varchar', length: 40 })
  @NotPersonal()
  subjectId: string;

  @PrimaryColumn({ type: 'varchar', length: 20 })
  @NotPersonal()
  retention: string;

  /** The epoch of the key-encryption key around `wrappedKey`. */
  @Column({ type: 'int' })
  @NotPersonal()
  epoch: number;

  /** An envelope in base64url; null once destroyed. */
  @Column({ type: 'varchar', length: 120, nullable: true })
  @Secret()
  wrappedKey: string | null;

  @InstantColumn()
  createdAt: Date;

  @InstantColumn({ nullable: true })
  destroyedAt: Date | null;
}
