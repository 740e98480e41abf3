import { fields } from '../cli/fields.ts';
import { visible } from '../cli/table.ts';
import type { SimResult, SimSample } from './sample.ts';

const MEBI = 1024 * 1024;

/** A line about a moment of a simulation. */
export function describeSample(sample: SimSample, edges: number, devices: number): string {
  const { enrolled, connected, ready, perSecond, confirmMs, cloudBytes, trouble } = sample;
  const parts = [
    `${(sample.ms / 1000).toFixed(1).padStart(6)} s`,
    enrolled < edges ? `${enrolled}/${edges} enrolled` : undefined,
    `${connected}/${edges} connected`,
    `${ready}/${edges} Ready`,
    devices > 0 ? `${sample.devices}/${devices} devices` : undefined,
    `${perSecond} messages/s`,
    confirmMs === undefined ? undefined : `confirmed in ${confirmMs.p50} ms (p95 ${confirmMs.p95})`,
    cloudBytes === undefined ? 'the cloud is not running' : `cloud ${mebibytes(cloudBytes)}`,
    ready < edges && trouble !== undefined ? visible(trouble) : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}

/** What came of a simulation, for people. */
export function describeResult(result: SimResult): string {
  const { edges, enrolmentsPerSecond, enrolledMs, readyMs, reports, bytesPerMessage, cloudMemory, outages } = result;
  const { confirmMs } = reports;
  return fields({
    Edges: `${edges} in ${result.processes === 1 ? 'one process' : `${result.processes} processes`}, ${result.devices} devices`,
    Enrolled: `in ${seconds(enrolledMs)}, ${enrolmentsPerSecond}/s`,
    Ready: `all after ${seconds(readyMs)}`,
    Reports: reports.sent === 0 ? undefined : `${reports.confirmed} of ${reports.sent} confirmed, ${reports.perSecond}/s`,
    Confirmed: confirmMs && `in ${confirmMs.p50} ms (median), ${confirmMs.p95} ms (p95), ${confirmMs.max} ms at most`,
    'Message size': `${bytesPerMessage.up} bytes up, ${bytesPerMessage.down} bytes down (mean, without TLS)`,
    'Cloud memory':
      cloudMemory &&
      `${mebibytes(cloudMemory.beforeBytes)} before, ${mebibytes(cloudMemory.endBytes)} at the end (${Math.round(cloudMemory.perEdgeBytes / 1024)} KiB an edge), ${mebibytes(cloudMemory.peakBytes)} at most`,
    Outages: outages.map(({ beganMs, lastedMs, fewestReady }) => {
      const end = lastedMs === undefined ? 'and are not all back' : `and were all back after ${seconds(lastedMs)}`;
      return `at ${seconds(beganMs)} nodes were not Ready (${edges - fewestReady} at most), ${end}`;
    }),
  });
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / MEBI)} MiB`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
