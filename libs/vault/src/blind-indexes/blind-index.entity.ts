import { Entity, PrimaryColumn } from 'typeorm';
import { CodeColumn, NotCaptured, NotPersonal, RefColumn, Secret } from '#kernel';

/** A keyed hash of a sealed value, by which its row can be found and its uniqueness is kept. */
@Entity('blind_index')
@NotCaptured('Digests are cleared on erasure and must not live on in the record.')
export class BlindIndex {
  /** Annotation id of the sealed column, such as `users.email`. */
  @PrimaryColumn({ type: 'varchar', length: 80 })
  @NotPersonal()
  columnId: string;

  /** Version of the key under the digest. */
  @PrimaryColumn({ type: 'int' })
  @NotPersonal()
  keyVersion: number;

  /** HMAC-SHA-256 of the normalised value, in hexadecimal. */
  @PrimaryColumn({ type: 'varchar', length: 64 })
  @Secret()
  digest: string;

  /** The row that holds the value. */
  @RefColumn()
  rowId: string;

  @RefColumn()
  subjectId: string;

  /** Retention class of the column: its key's destruction clears the digest. */
  @CodeColumn({ length: 20 })
  retention: string;
}
