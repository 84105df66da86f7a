import { Body, Controller, HttpCode, Injectable, Post } from '@nestjs/common';
import { IsString, MaxLength } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Entity, type MigrationInterface, type QueryRunner } from 'typeorm';
import { NotCaptured } from '../../classification/capture.js';
import { CodeColumn, IdColumn } from '../../columns/columns.js';
import type { Principal } from '../../context/principal.js';
import { Database } from '../../database/database.js';
import { defineErrors } from '../../errors/problem.js';
import { feature } from '../../features/feature.js';
import { Authenticated } from '../../http/access/access.js';
import { newId } from '../../ids/ids.js';
import { columns, createTable } from '../../migrations/schema.js';
import { Authenticator, UnitRecorder } from '../../ports/ports.js';
import { Clock } from '../../time/clock.js';
import { UnitOfWork } from '../../unit-of-work/unit-of-work.js';
import { Idempotency } from '../idempotency.service.js';
import { Idempotent } from '../idempotent.decorator.js';

const errors = defineErrors('orders', {
  'orders.sold_out': { status: 409, title: 'Sold out', detail: 'Order something else.' },
});

@Entity('toy_order')
@NotCaptured('toy')
class ToyOrder {
  @IdColumn() readonly id: string;
  @CodeColumn() readonly item: string;
}

class CreateToyOrder1700000001999 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'toy_order', [columns.id(), columns.code('item')]);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('toy_order');
  }
}

export class UserHeader extends Authenticator {
  async authenticate(request: FastifyRequest): Promise<Principal> {
    return { kind: 'user', id: String(request.headers['x-user'] ?? 'usr_one'), permissions: new Set() };
  }
}

export const refusals: unknown[] = [];

export class ListRecorder extends UnitRecorder {
  async prepare(): Promise<void> {}
  record(): void {}
  async recordRefusal(_intent: unknown, error: unknown): Promise<void> {
    refusals.push(error);
  }
}

export class MovableClock extends Clock {
  aheadMs = 0;
  override now(): Date {
    return new Date(Date.now() + this.aheadMs);
  }
}

/** Lets a test hold a request between its steps. */
export const gate = { reached: deferred(), open: deferred() };

export const raced = { entered: 0, start: Promise.resolve() };

class Order {
  @IsString() @MaxLength(40) readonly item: string;
}

@Injectable()
@Authenticated()
@Controller('v1/orders')
export class OrdersController {
  constructor(
    private readonly units: UnitOfWork,
    private readonly database: Database,
    private readonly idempotency: Idempotency,
  ) {}

  private insert(item: string, complete?: number) {
    return this.units.run({ action: 'order.create' }, async () => {
      const id = newId('ord');
      await this.database.query('INSERT INTO toy_order (id, item) VALUES (?, ?)', [id, item]);
      if (complete !== undefined) await this.idempotency.complete(complete, { id });
      return { id };
    });
  }

  @Idempotent()
  @Post('one-unit')
  async oneUnit(@Body() body: Order) {
    return this.insert(body.item, 201);
  }

  @Idempotent()
  @HttpCode(202)
  @Post('plain')
  async plain(@Body() body: Order) {
    return this.insert(body.item);
  }

  @Idempotent()
  @Post('raced')
  async raced(@Body() body: Order) {
    raced.entered += 1;
    return this.units.run({ action: 'order.create' }, async () => {
      await raced.start;
      const id = newId('ord');
      await this.database.query('INSERT INTO toy_order (id, item) VALUES (?, ?)', [id, body.item]);
      await this.idempotency.complete(201, { id });
      return { id };
    });
  }

  @Idempotent()
  @Post('two-units')
  async twoUnits(@Body() body: Order) {
    await this.insert(body.item);
    gate.reached.resolve();
    await gate.open.promise;
    return this.insert(`${body.item}-2`, 201);
  }

  @Idempotent()
  @Post('refused')
  async refused(@Body() body: Order) {
    return this.units.run({ action: 'order.create' }, async () => {
      await this.database.query('INSERT INTO toy_order (id, item) VALUES (?, ?)', [newId('ord'), body.item]);
      throw errors.problem('orders.sold_out');
    });
  }

  @Idempotent()
  @Post('refused-late')
  async refusedLate(@Body() body: Order) {
    await this.insert(body.item);
    throw errors.problem('orders.sold_out');
  }

  @Idempotent()
  @Post('crashed-late')
  async crashedLate(@Body() body: Order) {
    await this.insert(body.item);
    throw new Error('lightning');
  }

  @Idempotent()
  @Post('nothing')
  async nothing() {}
}

/** Calls an idempotent method from the one that overrides it. */
@Injectable()
@Authenticated()
@Controller('v1/orders/gifts')
export class GiftOrdersController extends OrdersController {
  @Idempotent()
  @Post('plain')
  override async plain(@Body() body: Order) {
    return { ...(await super.plain(body)), isGift: true };
  }
}

/** The room that the orders live in. */
export const ordersRoom = () =>
  feature({ name: 'orders', entities: [ToyOrder], migrations: [CreateToyOrder1700000001999], errors });

export function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
