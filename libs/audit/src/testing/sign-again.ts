import { hashLeaf } from '../log/tree/hash.js';
import { leafOf } from '../log/leaf/leaf.js';
import { signCheckpoint } from '../log/note/checkpoint.js';
import { GrowingTree } from '../log/tree/growing-tree.js';
import { placedEntries } from '../log/verify/record/record-rows.js';
import type { Keyring } from '#vault';
import type { Tamperer } from './tamper.js';
import { newSigner, type TestSigner } from './test-log.js';

/** The keys of a log, for whoever has stolen the keyring. */
export const signersOf = (keyring: Keyring, origin: string): TestSigner[] =>
  keyring.logKeys().map(({ privateKey }) => newSigner(origin, privateKey));

/** What somebody with the database and the signing key can do: make tiles and a checkpoint of the first log's rows as they are. */
export async function signAgain(by: Tamperer, keyring: Keyring, dialect: 'sqlite' | 'mysql'): Promise<void> {
  const query = <Row>(sql: string, parameters?: readonly unknown[]) =>
    by.run(sql, [...(parameters ?? [])]) as Promise<Row[]>;
  const tree = new GrowingTree();
  await by.run('DELETE FROM audit_log_tile WHERE log_number = 1');
  for await (const page of placedEntries({ query, dialect }, 1))
    for (const { level, index, hashes } of tree.append(page.map((entry) => hashLeaf(leafOf(entry)))))
      await by.run('REPLACE INTO audit_log_tile VALUES (1, ?, ?, ?)', [level, index, hashes]);
  const [log] = await by.run('SELECT origin FROM audit_log WHERE number = 1');
  const origin = String(log?.['origin']);
  await by.run('UPDATE audit_log SET size = ?, checkpoint = ? WHERE number = 1', [
    tree.size,
    signCheckpoint({ origin, size: tree.size, root: tree.root() }, signersOf(keyring, origin)),
  ]);
}
