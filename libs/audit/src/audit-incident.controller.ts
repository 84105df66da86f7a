import { Controller, Get, Query, type StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ApiGroup, Problems, RequirePermission, streamAnswer } from '#kernel';
import {
  ExportExposuresQuery,
  ExposurePage,
  ExposureResponse,
  incidentOf,
  ListExposuresQuery,
} from './dto/incident.js';
import { FileAnswer } from './export/export-docs.js';
import { ExposureExport } from './incident/exposure-export.js';
import { Exposures } from './incident/exposures.js';

const TYPES = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

const EXPOSURE_FILES = {
  'text/csv':
    'subject,seen,changed,named,isActor,firstAt,lastAt\r\n' +
    'usr_01j9zt2f3kfa8b7c6d5e4f3g2h,3,1,0,false,2026-01-31T12:00:00.000Z,2026-01-31T12:10:00.000Z\r\n',
  'application/x-ndjson':
    '{"subject":"usr_01j9zt2f3kfa8b7c6d5e4f3g2h","seen":3,"changed":1,"named":0,"isActor":false,' +
    '"firstAt":"2026-01-31T12:00:00.000Z","lastAt":"2026-01-31T12:10:00.000Z"}\n',
};

@Controller('v1/admin/audit/exposures')
@ApiGroup('Audit', 'The record of everything that was done, refused or went wrong.')
@RequirePermission('audit.incidents')
export class AuditIncidentController {
  constructor(
    private readonly exposures: Exposures,
    private readonly exports: ExposureExport,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'listExposures',
    summary: 'List whose data a session, an actor or a credential saw or changed',
    description:
      'Between two instants: the question of GDPR Article 33. People come in the order of their ids. Reading takes as long ' +
      'as there are entries by whom is asked about; for many people take the export.',
  })
  @ApiOkResponse({ type: ExposurePage, description: 'One page of people.' })
  @Problems('audit.history_not_kept')
  async list(@Query() query: ListExposuresQuery): Promise<ExposurePage> {
    const incident = incidentOf(query);
    const { items, nextCursor } = await this.exposures.page(incident, query);
    const isComplete = await this.exposures.isComplete(incident);
    return { items: items.map((exposure) => new ExposureResponse(exposure)), nextCursor, isComplete };
  }

  @Get('export')
  @ApiOperation({
    operationId: 'exportExposures',
    summary: 'Export whose data a session, an actor or a credential saw or changed',
    description:
      'The whole list, as it is made. The file is called `exposures-incomplete` when the retention of entries of that span ' +
      'has ended. The export is itself an entry, `audit.export_exposures`.',
  })
  @FileAnswer('The list; the connection is broken off when it cannot be completed.', EXPOSURE_FILES)
  @Problems('audit.history_not_kept')
  async export(@Query() query: ExportExposuresQuery): Promise<StreamableFile> {
    const incident = incidentOf(query);
    const pieces = await this.exports.begin(incident, query.format);
    const name = (await this.exposures.isComplete(incident)) ? 'exposures' : 'exposures-incomplete';
    return streamAnswer(pieces, { type: TYPES[query.format], fileName: `${name}.${query.format}` });
  }
}
