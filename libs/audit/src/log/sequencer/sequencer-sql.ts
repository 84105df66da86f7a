/**
 * All that differs between the databases in sequencing. The statements prescribe the order of their tables and how each is
 * read: the few rows of a batch come first, however many others wait, and whatever the database's statistics say.
 */
export interface SequencerSql {
  /** A column with an instant, as text with all its digits. */
  instant(column: string): string;
  /** The entries without a place: what follows FROM, to which conditions may be added with AND. */
  readonly waitingEntries: string;
  /** Gives entries their places: a JSON array of `[id, log number, leaf index, salt in hexadecimal, payload hash]`. */
  readonly placeEntries: string;
  /** Gives changes the places of the entries that they name: those of a log, from a leaf up to, not including, another. */
  readonly placeChanges: string;
}

const WAITING = 'leaf_index IS NULL AND log_number IS NULL';

const mysqlSql: SequencerSql = {
  instant: (column) => `CAST(${column} AS CHAR)`,
  // With a condition on the id MariaDB would walk through the whole record.
  waitingEntries: `audit_entry FORCE INDEX (uq_audit_entry_leaf) WHERE ${WAITING}`,
  placeEntries: `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
      id varchar(40) PATH '$[0]', log bigint PATH '$[1]', leaf bigint PATH '$[2]', salt varchar(64) PATH '$[3]',
      hash varchar(44) PATH '$[4]')) p
    STRAIGHT_JOIN audit_entry e FORCE INDEX (PRIMARY) ON e.id = CONVERT(p.id USING ascii) COLLATE ascii_bin
    SET e.leaf_index = p.leaf, e.log_number = p.log, e.salt = UNHEX(p.salt), e.payload_hash = p.hash
    WHERE e.leaf_index IS NULL`,
  /*
   * The NULLIFs are always null. Were the two plain tests for NULL, MariaDB could take them for a range and walk all that
   * waits for each entry of the batch, as its statistics at that moment suggest. Ids are compared byte by byte as well, for
   * MySQL itself would let one with blanks behind it pass for another.
   */
  placeChanges: `UPDATE audit_entry e FORCE INDEX (uq_audit_entry_leaf)
    STRAIGHT_JOIN row_change c FORCE INDEX (ix_row_change_leaf)
    ON c.leaf_index <=> NULLIF(e.leaf_index, e.leaf_index) AND c.log_number <=> NULLIF(e.log_number, e.log_number)
      AND c.entry_id = e.id
    SET c.leaf_index = e.leaf_index, c.log_number = e.log_number
    WHERE e.log_number = ? AND e.leaf_index >= ? AND e.leaf_index < ? AND LENGTH(c.entry_id) = LENGTH(e.id)`,
};

const sqliteSql: SequencerSql = {
  instant: (column) => column,
  waitingEntries: `audit_entry WHERE ${WAITING}`,
  placeEntries: `UPDATE audit_entry SET log_number = p.value ->> 1, leaf_index = p.value ->> 2,
      salt = unhex(p.value ->> 3), payload_hash = p.value ->> 4
    FROM json_each(?) p WHERE audit_entry.id = p.value ->> 0 AND +leaf_index IS NULL`,
  placeChanges: `UPDATE row_change SET (leaf_index, log_number) =
      (SELECT e.leaf_index, e.log_number FROM audit_entry e WHERE e.id = row_change.entry_id)
    WHERE id IN (SELECT c.id FROM audit_entry e CROSS JOIN row_change c WHERE e.log_number = ?
      AND e.leaf_index >= ? AND e.leaf_index < ?
      AND c.leaf_index IS NULL AND c.log_number IS NULL AND c.entry_id = e.id)`,
};

/** The statements for a kernel dialect's name. */
export const sequencerSql = (name: 'sqlite' | 'mysql'): SequencerSql =>
  name === 'sqlite' ? sqliteSql : mysqlSql;
