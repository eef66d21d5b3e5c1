/** Servers for office, trade and communication services. */
import { hosts, type KnownServer, SOURCES } from './known-server.ts'
import { POSTHOG } from './telemetry-hosts.ts'

const { profileHosts, readmeApi, archivedNet } = SOURCES

const GOOGLE = ['www.googleapis.com', 'oauth2.googleapis.com', 'accounts.google.com']

const COMMUNICATION: readonly KnownServer[] = [
  hosts(
    {
      npm: ['@modelcontextprotocol/server-slack', '@zencoderai/slack-mcp-server'],
      image: ['mcp/slack'],
    },
    ['slack.com'],
    readmeApi,
  ),
  // With a browser's session it also uses the host of the workspace.
  hosts(
    { npm: ['slack-mcp-server'], binaries: ['slack-mcp-server'] },
    ['slack.com', 'edgeapi.slack.com', 'files.slack.com', '.slack.com'],
    readmeApi,
  ),
  hosts(
    { npm: ['@gongrzhe/server-gmail-autoauth-mcp'] },
    [...GOOGLE, 'gmail.googleapis.com'],
    readmeApi,
  ),
  hosts(
    { npm: ['@line/line-bot-mcp-server'], image: ['mcp/line'] },
    ['api.line.me', 'api-data.line.me'],
    readmeApi,
  ),
  hosts({ npm: ['@twilio-alpha/mcp'] }, ['api.twilio.com', '.twilio.com'], readmeApi),
  hosts({ npm: ['@larksuiteoapi/lark-mcp'] }, ['open.feishu.cn', 'open.larksuite.com'], readmeApi),
  hosts({ npm: ['postmark-mcp'] }, ['api.postmarkapp.com'], readmeApi),
]

const DOCUMENTS: readonly KnownServer[] = [
  hosts(
    { npm: ['@modelcontextprotocol/server-gdrive'] },
    [...GOOGLE, 'drive.googleapis.com'],
    archivedNet,
  ),
  hosts(
    { npm: ['@cocal/google-calendar-mcp'] },
    [...GOOGLE, 'calendar-json.googleapis.com', 'calendar.googleapis.com'],
    readmeApi,
  ),
  hosts({ npm: ['mcp-gsheets'] }, [...GOOGLE, 'sheets.googleapis.com'], readmeApi),
  hosts(
    {
      npm: ['@notionhq/notion-mcp-server', '@suekou/mcp-notion-server'],
      image: ['mcp/notion'],
    },
    ['api.notion.com'],
    profileHosts,
  ),
  hosts(
    { npm: ['airtable-mcp-server'], image: ['mcp/airtable-mcp-server'] },
    ['api.airtable.com'],
    readmeApi,
  ),
  hosts(
    { npm: ['figma-developer-mcp'] },
    [
      'api.figma.com',
      's3-alpha.figma.com',
      's3-alpha-sig.figma.com',
      'figma-alpha-api.s3.us-west-2.amazonaws.com',
    ],
    readmeApi,
    { telemetry: POSTHOG },
  ),
]

const PROJECTS: readonly KnownServer[] = [
  hosts(
    { npm: ['linear-mcp', '@tacticlaunch/mcp-linear'] },
    ['api.linear.app', 'mcp.linear.app'],
    readmeApi,
  ),
  hosts(
    {
      npm: ['@aashari/mcp-server-atlassian-jira'],
      pypi: ['mcp-atlassian'],
      image: ['mcp/atlassian', 'ghcr.io/sooperset/mcp-atlassian'],
    },
    ['api.atlassian.com', 'auth.atlassian.com', '.atlassian.net', '.atlassian.com'],
    profileHosts,
    { configured: true },
  ),
  hosts({ npm: ['@doist/todoist-mcp'] }, ['api.todoist.com', 'todoist.com'], readmeApi),
  hosts({ npm: ['@delorenj/mcp-server-trello'] }, ['api.trello.com', 'trello.com'], readmeApi),
  hosts({ npm: ['@roychri/mcp-server-asana'] }, ['app.asana.com'], readmeApi),
]

const BUSINESS: readonly KnownServer[] = [
  hosts(
    { npm: ['@stripe/mcp'], image: ['mcp/stripe'] },
    ['api.stripe.com', 'docs.stripe.com', 'mcp.stripe.com'],
    profileHosts,
  ),
  // Its tools start the vendor's own command line.
  hosts(
    { npm: ['@salesforce/mcp'] },
    ['login.salesforce.com', 'test.salesforce.com', '.salesforce.com', '.force.com'],
    readmeApi,
    { children: 'open', configured: true },
  ),
  hosts({ npm: ['@hubspot/mcp-server'] }, ['api.hubapi.com'], readmeApi),
  hosts(
    { pypi: ['google-analytics-mcp'] },
    [
      'analyticsdata.googleapis.com',
      'analyticsadmin.googleapis.com',
      'oauth2.googleapis.com',
      'accounts.google.com',
    ],
    readmeApi,
  ),
]

export const WORK_SERVERS: readonly KnownServer[] = [
  ...COMMUNICATION,
  ...DOCUMENTS,
  ...PROJECTS,
  ...BUSINESS,
]
