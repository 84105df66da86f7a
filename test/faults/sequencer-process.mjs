// A process that does nothing but sequence, until nothing waits, and kills itself where KILL_AT says:
// `step:<name>` after a step of the sequencer, `statement:<n>` before the nth statement of a batch's transaction (where
// the database gets them one by one), `sent:<ms>` so long after the whole transaction was sent.
import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditModule, Sequencer, SequencerSteps } from '#audit';
import { Authenticator, Database, KernelModule } from '#kernel';
import { RevealPolicy, VaultModule } from '#vault';

class Ports {}
const ports = [Authenticator, RevealPolicy].map((provide) => ({ provide, useValue: {} }));
Global()(Ports);
Module({ providers: ports, exports: ports })(Ports);
class Sequencing {}
Module({ imports: [KernelModule.forRoot({ background: false }), VaultModule, AuditModule, Ports] })(
  Sequencing,
);

const die = () => process.kill(process.pid, 'SIGKILL');
const [kind, where] = (process.env.KILL_AT ?? '').split(':');
const app = await NestFactory.createApplicationContext(Sequencing, { logger: false, abortOnError: false });
const sequencer = app.get(Sequencer, { strict: false });
const database = app.get(Database, { strict: false });

const steps = app.get(SequencerSteps, { strict: false });
let isFilled = false;
steps.reached = (step) => {
  if (kind === 'step' && step === where) die();
  isFilled = step === 'batch_filled';
};

const { dialect } = database;
const write = dialect.write;
dialect.write = (writer, units) => {
  if (!isFilled) return write(writer, units);
  if (kind === 'sent') setTimeout(die, Number(where));
  if (kind !== 'statement') return write(writer, units);
  let statements = 0;
  const createQueryRunner = () => {
    const runner = writer.createQueryRunner();
    const query = (...args) => (++statements === Number(where) ? die() : runner.query(...args));
    return Object.create(runner, { query: { value: query } });
  };
  return write(Object.create(writer, { createQueryRunner: { value: createQueryRunner } }), units);
};

const waits = async () =>
  (await database.query('SELECT 1 FROM audit_entry WHERE leaf_index IS NULL LIMIT 1')).length > 0;
process.stdout.write('ready\n');
while (await waits()) {
  if (!(await sequencer.sequence())) await delay(10);
}
await app.close();
