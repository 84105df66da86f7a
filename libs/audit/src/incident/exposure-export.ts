import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '#kernel';
import { type ExposureFormat, ExposureResponse } from '../dto/incident.js';
import { csvRecord } from '../export/csv.js';
import { ResourceTables } from '../query/resource-tables.js';
import { Exposures, type Incident } from './exposures.js';

const COLUMNS = ['subject', 'seen', 'changed', 'named', 'isActor', 'firstAt', 'lastAt'] as const;
/** So many people are handed over at a time. */
const PER_PIECE = 1_000;

/** Writes the list of people whose data was seen or changed. */
@Injectable()
export class ExposureExport {
  constructor(
    private readonly exposures: Exposures,
    private readonly tables: ResourceTables,
    private readonly units: UnitOfWork,
  ) {}

  /** Puts the export on the record, and gives it in pieces. Throws `audit.history_not_kept`. */
  async begin(incident: Incident, format: ExposureFormat): Promise<AsyncGenerator<string, void, undefined>> {
    if ('credential' in incident.by) this.tables.tableOf(incident.by.credential.type);
    const { by, from, to } = incident;
    await this.units.run({ action: 'audit.export_exposures' }, async (unit) => {
      unit.describe({ details: { by, from: from.toISOString(), to: to.toISOString(), format } });
    });
    return this.pieces(incident, format);
  }

  private async *pieces(incident: Incident, format: ExposureFormat): AsyncGenerator<string, void, undefined> {
    if (format === 'csv') yield csvRecord(COLUMNS);
    for await (const exposures of this.exposures.all(incident)) {
      for (let start = 0; start < exposures.length; start += PER_PIECE) {
        const rows = exposures
          .slice(start, start + PER_PIECE)
          .map((exposure) => new ExposureResponse(exposure));
        yield rows
          .map((row) =>
            format === 'csv' ? csvRecord(COLUMNS.map((column) => row[column])) : `${JSON.stringify(row)}\n`,
          )
          .join('');
      }
    }
  }
}
