import { Injectable } from '@nestjs/common';
import { features, type Feature } from '#kernel';
import { PersonalDataCatalogue, type CatalogueEntry } from '#vault';
import type { ProcessingActivityResponse, RegisteredDataResponse } from '../dto/register.response.js';
import { retentionText } from '../retention-classes.js';

/** The record of processing activities (GDPR Article 30), generated from what the rooms declare. */
@Injectable()
export class ProcessingRegister {
  constructor(private readonly catalogue: PersonalDataCatalogue) {}

  /** One activity for each room that keeps personal data or declares a purpose. */
  activities(): ProcessingActivityResponse[] {
    return features()
      .map((feature) => this.activityOf(feature))
      .filter(({ purposes, data }) => purposes.length > 0 || data.length > 0);
  }

  private activityOf({ name, entities = [], purposes = {} }: Feature): ProcessingActivityResponse {
    return {
      room: name,
      purposes: Object.entries(purposes).map(([purpose, definition]) => ({ purpose, ...definition })),
      data: this.catalogue
        .entries()
        .filter(({ entity }) => entities.includes(entity))
        .map(describe),
    };
  }
}

function describe({
  id,
  label,
  table,
  column,
  retention,
  blindIndex,
}: CatalogueEntry): RegisteredDataResponse {
  const isSearchable = blindIndex !== undefined;
  return { id, label, table, column, retention, kept: retentionText(retention), isSearchable };
}
