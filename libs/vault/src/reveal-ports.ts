import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { RevealPolicy, RevealRecorder } from './ports.js';

/**
 * Finds what upper rooms bound to the vault's ports; an unbound one stops the boot. They are looked up
 * rather than injected because the audit room, which records reveals, itself seals values here.
 */
@Injectable()
export class RevealPorts implements OnModuleInit {
  private foundPolicy: RevealPolicy | undefined;
  private foundRecorder: RevealRecorder | undefined;

  constructor(private readonly modules: ModuleRef) {}

  get policy(): RevealPolicy {
    this.foundPolicy ??= this.find(RevealPolicy);
    return this.foundPolicy;
  }

  get recorder(): RevealRecorder {
    this.foundRecorder ??= this.find(RevealRecorder);
    return this.foundRecorder;
  }

  onModuleInit(): void {
    void this.policy;
    void this.recorder;
  }

  private find<Port>(port: abstract new () => Port): Port {
    try {
      return this.modules.get<Port>(port as Type<Port>, { strict: false });
    } catch (cause) {
      throw new Error(`No module implements the vault's port ${port.name}; import the room that does.`, {
        cause,
      });
    }
  }
}
