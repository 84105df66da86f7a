import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiResponse } from '@nestjs/swagger';
import { PathParam, Problems } from '#kernel';

// What the API document says about the routes of the log.

export const TEXT = 'text/plain; charset=utf-8';
export const BYTES = 'application/octet-stream';

const unchanged = ApiResponse({ status: 304, description: 'It is still what `If-None-Match` names.' });

const textAnswer = (description: string, example: string) =>
  ApiOkResponse({ description, content: { 'text/plain': { schema: { type: 'string', example } } } });

const tileAnswer = (description: string) =>
  applyDecorators(
    ApiOkResponse({ description, content: { [BYTES]: { schema: { type: 'string', format: 'binary' } } } }),
    unchanged,
    Problems('audit.tile_not_found'),
  );

/** The answer with verifier keys. */
export const KeyAnswer = () =>
  textAnswer(
    'C2SP vkeys: one a line, the current one first, while a key is being replaced by another.',
    'api.example.com/v1/log+1a2b3c4d+AbKq8yqvZ0J3cQyq1c9yq0m3m0b3cQyq1c9yq0m3m0b3\n',
  );

/** The answer with a checkpoint. */
export const CheckpointAnswer = () =>
  applyDecorators(
    textAnswer(
      'A C2SP tlog-checkpoint, with the cosignatures of the log’s witnesses. Remember it: nothing that it covers can be changed unnoticed.',
      'api.example.com/v1/log\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— api.example.com/v1/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n',
    ),
    unchanged,
    Problems('audit.log_empty'),
  );

/** The answer of a path without a number when the first log is not the one that grows. */
export const MovedAnswer = () =>
  ApiResponse({
    status: 307,
    description: 'A later log is the one that grows, since a database was restored; `Location` leads to it.',
  });

const indexParam = ApiParam({
  name: 'path',
  description: 'Its index, `x001/x234/067` for 1234067, and `.p/<W>` behind it when it is narrower than 256.',
  schema: { type: 'string', pattern: '^(x\\d{3}/)*\\d{3}(\\.p/[1-9]\\d{0,2})?$', example: '000' },
});

/** A tile by level and index, and the answer with it. */
export const TileRoute = () =>
  applyDecorators(
    ApiParam({
      name: 'level',
      description: 'Its level; 0 holds the hashes of the leaves.',
      schema: { type: 'string', pattern: '^(0|[1-9]\\d?)$', example: '0' },
    }),
    indexParam,
    tileAnswer('Hashes of 32 bytes each.'),
  );

/** A bundle by its index, and the answer with it. */
export const BundleRoute = () =>
  applyDecorators(indexParam, tileAnswer('Each leaf after its length in two bytes.'));

/** Hands the number of the log in the path to a route's method. */
export const LogNumber = () =>
  PathParam('number', {
    pattern: /^[1-9]\d{0,8}$/,
    rule: 'must be the number of a log, from 1 on',
    description: 'Which log: they are counted from 1; a restore from a backup begins a new one.',
    example: '2',
  });
