import { createConnection } from 'mysql2/promise';
import { DataSource } from 'typeorm';
import { expect, it } from 'vitest';
import { describeOnEveryDialect, testDatabase } from '#kernel/testing';
import { loadConfigs } from '../config/define-config.js';
import { kernelConfig, type KernelConfig } from '../config/kernel.config.js';
import { mysql } from '../database/dialects/mysql.js';
import { sqlite } from '../database/dialects/sqlite.js';
import { columns, createTable } from './schema.js';

describeOnEveryDialect('columns for text', (name) => {
  it('hold every character, also in a database that was made for few', async () => {
    const database = await testDatabase(name);
    if (database.url) {
      const connection = await createConnection(database.url);
      await connection.query('ALTER DATABASE CHARACTER SET latin1');
      await connection.end();
    }
    const config = loadConfigs([kernelConfig], database.environment).get(kernelConfig.token) as KernelConfig;
    const source = new DataSource((name === 'sqlite' ? sqlite : mysql).migrator(config));
    const runner = (await source.initialize()).createQueryRunner();
    await createTable(runner, 'note', [columns.id(), columns.words('title'), columns.text('body')]);
    const note = { id: 'note_1', title: 'Grüße 你好 😀', body: '{"a":"😀"}' };
    await runner.query('INSERT INTO note (id, title, body) VALUES (?, ?, ?)', Object.values(note));
    const rows: unknown = await runner.query('SELECT id, title, body FROM note WHERE title = ?', [
      note.title,
    ]);
    await runner.release();
    await source.destroy();
    await database.remove();
    expect(rows).toEqual([note]);
  });
});
