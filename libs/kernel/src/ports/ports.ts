import { type Abstract, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { QueryRunner } from 'typeorm';
import type { Principal } from '../context/principal.js';
import type { CommittingUnit, UnitIntent } from '../unit-of-work/unit.js';

/** Writes the audit entry of every unit. Implemented by the audit room. */
export abstract class UnitRecorder {
  /** Key work for the entry, before the transaction begins. */
  abstract prepare(intent: UnitIntent): Promise<void>;
  /** Inside the transaction, right before COMMIT; usually one `unit.append`. */
  abstract record(unit: CommittingUnit): void;
  /**
   * After a rollback, in a unit of its own. When the connection was lost at COMMIT, nobody knows whether the unit was rolled
   * back: `uncertain` is then the id of the entry that is there if it was not.
   */
  abstract recordRefusal(
    intent: UnitIntent,
    error: unknown,
    outcome: 'refused' | 'failed',
    uncertain?: string,
  ): Promise<void>;
}

/** Tells who sends a request. Implemented by the auth room. */
export abstract class Authenticator {
  /** The principal, or undefined when the request carries no credential. Throws a 401 problem when it carries a bad one. */
  abstract authenticate(request: FastifyRequest): Promise<Principal | undefined>;
}

/** Seals values in rows that the kernel itself keeps. Implemented by the vault. */
export abstract class ValueSealer {
  abstract prepare(subject: string, retention: string): Promise<void>;
  abstract seal(row: object, values: Record<string, unknown>): void;
  abstract reveal(row: object, fields: string[], purpose: string): Promise<Record<string, unknown>>;
}

/** Hashes under keys that live outside the database, so that what was hashed cannot be guessed from it. Implemented by the vault. */
export abstract class KeyedHash {
  /** HMAC-SHA-256 under the current key of this purpose. */
  abstract hmac(purpose: string, data: string): Buffer;
  /** The same under every key still known, the current one first, to find what was hashed before the keys turned. */
  abstract hmacs(purpose: string, data: string): Buffer[];
}

/** Keeps the triggers that capture row changes in step with the schema. Implemented by the audit room. */
export abstract class SchemaGuard {
  /** Called after all migrations, on the connection that may change the schema. Tells what it did, in words; empty for nothing. */
  abstract reconcile(runner: QueryRunner): Promise<string[]>;
  /** What is out of step, in words; empty when all is well. Readiness fails on any. */
  abstract mismatches(): Promise<string[]>;
}

const ALL = [UnitRecorder, Authenticator, ValueSealer, KeyedHash, SchemaGuard];

/** Finds what upper rooms bound to the kernel's ports; an unbound port stops the boot. */
@Injectable()
export class Ports implements OnModuleInit {
  private readonly found = new Map<unknown, unknown>();

  constructor(private readonly modules: ModuleRef) {}

  /** The implementation of `port`. */
  get<Port>(port: Abstract<Port>): Port {
    const known = this.found.get(port);
    if (known) return known as Port;
    const bound = this.modules.get<Port>(port, { strict: false });
    this.found.set(port, bound);
    return bound;
  }

  onModuleInit(): void {
    const unbound = ALL.filter((port) => !this.isBound(port)).map((port) => port.name);
    if (unbound.length > 0) {
      throw new Error(
        `No module implements the kernel port(s) ${unbound.join(', ')}; import the rooms that do`,
      );
    }
  }

  private isBound(port: Abstract<unknown>): boolean {
    try {
      return Boolean(this.get(port));
    } catch {
      return false;
    }
  }
}
