import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { expect, it } from 'vitest';
import { describeOnEveryServer, testDatabase } from '#kernel/testing';
import { readMysqlSchema } from '../live-schema.js';
import { mysqlImage } from './mysql-triggers.js';

const SHAPES = [
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
  'geometry',
];

describeOnEveryServer('the image of a row', (server) => {
  it('shows shapes by their bytes, which are no text', async () => {
    const database = await testDatabase(server);
    const connection = await createConnection(database.url ?? '');
    const query = async (sql: string) => (await connection.query<RowDataPacket[]>(sql))[0];
    try {
      await query(`CREATE TABLE place (${SHAPES.map((type) => `${type}_column ${type}`).join(', ')})`);
      const columns = (await readMysqlSchema(query)).get('place')?.columns ?? [];
      expect(columns.map(({ kind }) => kind)).toEqual(SHAPES.map(() => 'binary'));
      await query(`INSERT INTO place (point_column) VALUES (ST_GeomFromText('POINT(1 2)'))`);
      const [row] = await query(`SELECT ${mysqlImage(columns, 'place')} AS image FROM place`);
      expect(JSON.parse(String(row?.['image']))).toMatchObject({
        point_column: '000000000101000000000000000000F03F0000000000000040',
        geometry_column: null,
      });
    } finally {
      await connection.end();
      await database.remove();
    }
  });
});
