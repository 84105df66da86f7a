import { ApiOkResponse } from '@nestjs/swagger';
import { type ExportedEntry } from './exported-entry.js';
import { WRITERS } from './export-formats.js';

const EXAMPLE: ExportedEntry = {
  id: 'aud_01j9zt2f3kfa8b7c6d5e4f3g2h',
  occurredAt: '2026-01-31T12:00:00.000Z',
  action: 'payment.refund',
  outcome: 'succeeded',
  errorCode: null,
  actorKind: 'user',
  actorId: 'usr_01j9zt2f3kfa8b7c6d5e4f3g2h',
  sessionId: 'ses_01j9zt2f3kfa8b7c6d5e4f3g2h',
  requestId: 'req_01j9zt2f3kfa8b7c6d5e4f3g2h',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  resourceType: 'payment',
  resourceId: 'pay_01j9zt2f3kfa8b7c6d5e4f3g2h',
  subjectId: 'usr_01j9zt2f3kfa8b7c6d5e4f3g2h',
  purpose: null,
  details: { amountMinor: '500' },
  clientAddress: '[sealed]',
  leafIndex: 20_852_162,
  logNumber: 1,
  isExpired: false,
  subjects: ['usr_01j9zt2f3kfa8b7c6d5e4f3g2h'],
  log: {
    origin: 'api.example.com/v1/log',
    number: 1,
    index: 20_852_162,
    payloadHash: 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=',
    proof: '/v1/admin/audit/entries/aud_01j9zt2f3kfa8b7c6d5e4f3g2h/proof',
  },
};

/** An answer that is a file, by its media types and what each looks like. */
export const FileAnswer = (description: string, examples: Readonly<Record<string, string>>) =>
  ApiOkResponse({
    description,
    content: Object.fromEntries(
      Object.entries(examples).map(([type, example]) => [
        type,
        { schema: { type: 'string', format: 'binary' }, example },
      ]),
    ),
  });

/** What exported entries look like. */
export const ENTRY_FILES = {
  'application/x-ndjson': WRITERS.ndjson.write(EXAMPLE),
  'text/csv': WRITERS.csv.head + WRITERS.csv.write(EXAMPLE),
};
