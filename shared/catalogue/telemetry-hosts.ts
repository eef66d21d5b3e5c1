/** Hosts that analytics services take reports at, for the servers known to use them. */

/** The ingestion hosts of both regions, and the one that older libraries use. */
export const POSTHOG: readonly string[] = [
  'us.i.posthog.com',
  'eu.i.posthog.com',
  'app.posthog.com',
]

export const SEGMENT: readonly string[] = ['api.segment.io']

/** Each organisation has a host of its own below these. */
export const SENTRY: readonly string[] = [
  '.ingest.sentry.io',
  '.ingest.us.sentry.io',
  '.ingest.de.sentry.io',
]

export const GOOGLE_ANALYTICS: readonly string[] = ['www.google-analytics.com']
