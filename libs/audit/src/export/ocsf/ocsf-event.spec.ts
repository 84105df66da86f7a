import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ocsfFaults, ocsfSchema } from '../../testing/ocsf-schema.js';
import type { ExportedEntry } from '../exported-entry.js';
import { ACTIVITIES, activityOf } from './ocsf-classes.js';
import { OCSF_VERSION, ocsfEvent } from './ocsf-event.js';

const PLACE = {
  ...{ origin: 'example.com/log', number: 1, index: 7, payloadHash: 'x=' },
  proof: '/v1/admin/audit/entries/aud_1/proof',
};

const entry = (given: Partial<ExportedEntry>): ExportedEntry => ({
  ...{ id: 'aud_1', occurredAt: '2026-01-31T12:00:00.000Z', action: 'payment.capture', outcome: 'succeeded' },
  ...{ errorCode: null, actorKind: 'user', actorId: 'usr_a', sessionId: 'ses_1', requestId: 'req_1' },
  ...{ traceId: '4bf9', resourceType: 'payment', resourceId: 'pay_1', subjectId: null, purpose: null },
  ...{ details: null, clientAddress: '[sealed]', leafIndex: 7, logNumber: 1, isExpired: false },
  ...{ subjects: [], log: PLACE },
  ...given,
});

const BARE: Partial<ExportedEntry> = {
  ...{ actorKind: 'anonymous', actorId: null, sessionId: null, requestId: null, traceId: null },
  ...{
    resourceType: null,
    resourceId: null,
    clientAddress: null,
    log: null,
    outcome: 'refused',
    errorCode: 'x',
  },
};

describe('an OCSF event', () => {
  const actions = [
    ...Object.keys(ACTIVITIES),
    'payment.create',
    'payment.capture',
    'thing.frobnicate',
    'request.refuse',
  ];

  it.each(actions)('of %s is valid by the published schema, whatever the entry says', (action) => {
    for (const given of [
      {},
      BARE,
      { actorKind: 'system', actorId: 'system:relay', clientAddress: null } as const,
      {
        outcome: 'failed',
        errorCode: 'kernel.internal',
        subjects: ['usr_b'],
        purpose: 'support',
        details: { a: 1 },
      } as const,
      { subjects: ['usr_b', 'usr_c'], isExpired: true, resourceType: 'operation', resourceId: 'logIn' },
    ]) {
      const event = ocsfEvent(entry({ ...given, action }));
      expect(
        ocsfFaults(JSON.parse(JSON.stringify(event)) as Record<string, unknown>),
        JSON.stringify(event),
      ).toEqual([]);
    }
  });

  it('says what happened, and where the entry is in the log and how that is proved', () => {
    expect(ocsfEvent(entry({ subjects: ['usr_b'], purpose: 'support' }))).toMatchObject({
      ...{ class_uid: 6003, activity_id: 3, type_uid: 600303, status_id: 1, severity_id: 1 },
      time: Date.UTC(2026, 0, 31, 12),
      metadata: {
        ...{ version: OCSF_VERSION, uid: 'aud_1', event_code: 'payment.capture' },
        ...{ log_name: 'example.com/log', sequence: 7, correlation_uid: 'req_1' },
      },
      actor: { user: { uid: 'usr_a', type_id: 1 }, session: { uid: 'ses_1' } },
      api: { operation: 'payment.capture', request: { uid: 'req_1' } },
      resources: [{ uid: 'pay_1', type: 'payment' }],
      enrichments: [{ type: 'transparency-log', value: 'aud_1', data: { index: 7, proof: PLACE.proof } }],
      unmapped: { subjects: ['usr_b'], purpose: 'support' },
    });
    expect(OCSF_VERSION).toBe(ocsfSchema.version);
  });

  it('of a refused login is a failed logon', () => {
    const refused = { ...BARE, action: 'request.refuse', resourceType: 'operation', resourceId: 'logIn' };
    expect(ocsfEvent(entry(refused))).toMatchObject({
      ...{ class_uid: 3002, activity_id: 1, status_id: 2, status_code: 'x', severity_id: 2 },
      actor: { user: { name: 'anonymous' } },
    });
  });

  it('of an action that nobody has classified is a call of the API, by its verb', () => {
    const named = (action: string) => activityOf({ action, resourceType: null, resourceId: null });
    expect(named('invoice.create')).toMatchObject({ class: { uid: 6003 }, activityId: 1 });
    expect(named('invoice.list_open')).toMatchObject({ activityId: 2 });
    expect(named('invoice.updated')).toMatchObject({ activityId: 99, activityName: 'updated' });
    expect(named('constructor')).toMatchObject({ activityId: 99 });
  });

  it('is what docs/audit-ocsf.md says of its action', () => {
    const page = readFileSync(new URL('../../../../../docs/audit-ocsf.md', import.meta.url), 'utf8');
    const rows = [
      ...page.matchAll(/^\| `([a-z_.]+)` +\| (\d{4}) ([A-Za-z ]+?) +\| (\d+) ([A-Za-z_ ]+?) +\|$/gm),
    ];
    expect(rows.map(([, action, uid, name, id, activity]) => [action, uid, name, id, activity])).toEqual(
      Object.entries(ACTIVITIES).map(([action, { class: of, activityId, activityName }]) => [
        ...[action, String(of.uid), of.name],
        ...[String(activityId), activityName],
      ]),
    );
  });

  it('is mapped for actions that exist', () => {
    const libs = new URL('../../../../', import.meta.url);
    const sources = readdirSync(libs, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/spec\.ts$|testing|ocsf|client/.test(name))
      .map((name) => readFileSync(new URL(name, libs), 'utf8'))
      .join('\n');
    expect(Object.keys(ACTIVITIES).filter((action) => !sources.includes(`'${action}'`))).toEqual([]);
  });
});
