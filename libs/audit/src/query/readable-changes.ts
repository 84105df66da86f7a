import { Injectable } from '@nestjs/common';
import { type OpenedValue, type SealedValue, Vault } from '#vault';
import type { RowChangeResponse } from '../dto/row-change.response.js';
import type { RowChange } from '../entities/row-change.entity.js';
import { type Image, imageOf, RowImages } from './row-images.js';

const SEALED = '[sealed]';
const ERASED = '[erased]';
const UNREADABLE = '[unreadable]';

/** A value of an image on its way to the reader. */
type Value = string | null | { readonly sealed: SealedValue };

/** Turns captured images into what an auditor reads: the application's field names, and nothing sealed unless revealed. */
@Injectable()
export class ReadableChanges {
  constructor(
    private readonly images: RowImages,
    private readonly vault: Vault,
  ) {}

  /** The changes in their order. With a purpose what is sealed comes in clear, and that is one reveal on the record. */
  async read(changes: readonly RowChange[], purpose?: string): Promise<RowChangeResponse[]> {
    const drafts = changes.map((change) => ({ change, fields: this.changedFields(change) }));
    const values = drafts.flatMap(({ fields }) => fields.flatMap(({ before, after }) => [before, after]));
    const text = await this.texts(values, purpose);
    return drafts.map(({ change, fields }) => ({
      id: String(change.id),
      table: change.tableName,
      rowId: change.rowId,
      operation: change.operation,
      changedAt: change.changedAt.toISOString(),
      databaseUser: change.databaseUser,
      fields: fields.map(({ field, before, after }) => ({ field, before: text(before), after: text(after) })),
    }));
  }

  /** The fields of a row as an image shows it, by the application's names; opened as in {@link read}. */
  async row(table: string, image: string, purpose?: string): Promise<Record<string, string | null>> {
    const columns = imageOf(image);
    const values = Object.keys(columns).map((column) => this.valueOf(table, columns, column));
    const text = await this.texts(values, purpose);
    return Object.fromEntries(
      Object.keys(columns).map((column, index) => [
        this.images.field(table, column).name,
        text(values[index] ?? null),
      ]),
    );
  }

  private changedFields({ tableName, beforeImage, afterImage }: RowChange) {
    const [before, after] = [imageOf(beforeImage), imageOf(afterImage)];
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .filter((column) => (before[column] ?? null) !== (after[column] ?? null))
      .map((column) => ({
        field: this.images.field(tableName, column).name,
        before: this.valueOf(tableName, before, column),
        after: this.valueOf(tableName, after, column),
      }));
  }

  private valueOf(table: string, image: Image, column: string): Value {
    const value = image[column] ?? null;
    if (value === null || !this.images.field(table, column).isSealed) return value;
    return { sealed: this.images.sealedValue(table, image, column) };
  }

  /** How to write down each of these values. */
  private async texts(
    values: readonly Value[],
    purpose: string | undefined,
  ): Promise<(value: Value) => string | null> {
    const sealed = values.filter((value) => typeof value === 'object' && value !== null);
    const opened =
      purpose === undefined
        ? []
        : await this.vault.revealValues(
            sealed.map((value) => value.sealed),
            purpose,
          );
    const texts = new Map<Value, string | null>(sealed.map((value, index) => [value, textOf(opened[index])]));
    return (value) => (typeof value === 'object' && value !== null ? (texts.get(value) ?? null) : value);
  }
}

/** Undefined is what nobody asked to open. */
function textOf(opened: OpenedValue | undefined): string | null {
  if (opened === undefined) return SEALED;
  if (opened.state === 'erased') return ERASED;
  if (opened.state === 'broken') return UNREADABLE;
  const { value } = opened;
  return typeof value === 'string' || value === null ? value : JSON.stringify(value);
}
