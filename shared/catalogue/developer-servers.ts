/** Servers for a developer's services: code hosts, clouds, monitoring, databases as a service, documentation. */
import { hosts, type KnownServer, SOURCES } from './known-server.ts'
import { GOOGLE_ANALYTICS, SENTRY } from './telemetry-hosts.ts'

const { profileHosts, readmeApi, allowHosts, archivedNet } = SOURCES

const GITHUB = [
  'api.github.com',
  'github.com',
  'uploads.github.com',
  'codeload.github.com',
  'gist.github.com',
  'raw.githubusercontent.com',
  'gist.githubusercontent.com',
  'objects.githubusercontent.com',
  'api.githubcopilot.com',
]
const GITLAB = ['gitlab.com', '.gitlab.com', '.gitlab-static.net', '.gitlab.io', '.gitlab.net']
const MICROSOFT_LOGIN = ['login.microsoftonline.com', 'login.windows.net']

const CODE: readonly KnownServer[] = [
  hosts(
    { npm: ['@modelcontextprotocol/server-github'], image: ['mcp/github'] },
    GITHUB,
    archivedNet,
  ),
  hosts(
    { image: ['ghcr.io/github/github-mcp-server'], binaries: ['github-mcp-server'] },
    GITHUB,
    allowHosts,
  ),
  hosts(
    {
      npm: ['@modelcontextprotocol/server-gitlab', '@zereight/mcp-gitlab'],
      image: ['mcp/gitlab', 'iwakitakuma/gitlab-mcp'],
    },
    GITLAB,
    profileHosts,
    { configured: true },
  ),
  hosts(
    { npm: ['@circleci/mcp-server-circleci'], image: ['mcp/circleci'] },
    ['circleci.com', 'app.circleci.com'],
    profileHosts,
  ),
  hosts(
    {
      image: ['mcp/buildkite', 'ghcr.io/buildkite/buildkite-mcp-server'],
      binaries: ['buildkite-mcp-server'],
    },
    ['api.buildkite.com', 'graphql.buildkite.com', 'buildkite.com'],
    profileHosts,
  ),
  hosts(
    { npm: ['@azure-devops/mcp'] },
    [
      'dev.azure.com',
      'vssps.dev.azure.com',
      'almsearch.dev.azure.com',
      'app.vssps.visualstudio.com',
      ...MICROSOFT_LOGIN,
    ],
    readmeApi,
  ),
  hosts({ pypi: ['semgrep-mcp'], image: ['ghcr.io/semgrep/mcp'] }, ['semgrep.dev'], profileHosts, {
    telemetry: ['metrics.semgrep.dev'],
  }),
  hosts({ image: ['ghcr.io/stackloklabs/osv-mcp/server'] }, ['api.osv.dev'], profileHosts),
  hosts(
    { npm: ['@sentry/mcp-server'], image: ['ghcr.io/stacklok/dockyard/npx/sentry-mcp-server'] },
    ['sentry.io', 'us.sentry.io', 'de.sentry.io', 'api.openai.com'],
    profileHosts,
    { configured: true, telemetry: SENTRY },
  ),
  hosts({ npm: ['@launchdarkly/mcp-server'] }, ['app.launchdarkly.com'], readmeApi),
  hosts(
    { npm: ['@postman/postman-mcp-server'], image: ['mcp/postman'] },
    ['api.getpostman.com', 'api.eu.getpostman.com'],
    readmeApi,
  ),
  hosts({ npm: ['@auth0/auth0-mcp-server'] }, ['auth0.auth0.com', '.auth0.com'], readmeApi),
]

const CLOUDS: readonly KnownServer[] = [
  hosts(
    { npm: ['@azure/mcp'], image: ['mcr.microsoft.com/azure-sdk/azure-mcp'] },
    [
      ...MICROSOFT_LOGIN,
      'management.azure.com',
      'graph.microsoft.com',
      '.blob.core.windows.net',
      '.table.core.windows.net',
      '.vault.azure.net',
      '.documents.azure.com',
      '.servicebus.windows.net',
    ],
    profileHosts,
    // `az` and `azd` are started for signing in.
    {
      children: 'open',
      telemetry: ['dc.services.visualstudio.com', '.in.applicationinsights.azure.com'],
    },
  ),
  hosts(
    {
      pypi: ['awslabs.aws-documentation-mcp-server'],
      image: ['mcp/aws-documentation', 'ghcr.io/stacklok/dockyard/uvx/aws-documentation'],
    },
    [
      'docs.aws.amazon.com',
      'contentrecs-api.docs.aws.amazon.com',
      'proxy.search.docs.aws.com',
      'docs.amazonaws.cn',
    ],
    profileHosts,
  ),
  hosts(
    { pypi: ['awslabs.aws-pricing-mcp-server'], image: ['mcp/aws-pricing-mcp-server'] },
    [
      'aws.amazon.com',
      'pricing.us-east-1.amazonaws.com',
      'api.pricing.us-east-1.amazonaws.com',
      'api.pricing.eu-central-1.amazonaws.com',
      'api.pricing.ap-southeast-1.amazonaws.com',
    ],
    profileHosts,
  ),
  hosts(
    { pypi: ['awslabs.aws-api-mcp-server'], image: ['mcp/aws-api-mcp-server'] },
    ['.amazonaws.com', '.api.aws', '.amazonaws.com.cn'],
    readmeApi,
  ),
  hosts(
    {
      npm: ['@modelcontextprotocol/server-aws-kb-retrieval'],
      image: ['mcp/aws-kb-retrieval-server'],
    },
    ['.amazonaws.com'],
    archivedNet,
  ),
  hosts(
    { image: ['mcp/cloud-run-mcp'] },
    [
      'run.googleapis.com',
      'cloudbuild.googleapis.com',
      'storage.googleapis.com',
      'logging.googleapis.com',
      'cloudresourcemanager.googleapis.com',
      'cloudbilling.googleapis.com',
      'serviceusage.googleapis.com',
      'oauth2.googleapis.com',
    ],
    profileHosts,
  ),
  hosts(
    { npm: ['firebase-tools'] },
    [
      'firebase.googleapis.com',
      'oauth2.googleapis.com',
      'accounts.google.com',
      'www.googleapis.com',
      '.googleapis.com',
      '.firebaseio.com',
    ],
    readmeApi,
    { children: 'open', telemetry: GOOGLE_ANALYTICS },
  ),
  hosts(
    { npm: ['@cloudflare/mcp-server-cloudflare'] },
    ['api.cloudflare.com', 'dash.cloudflare.com'],
    readmeApi,
  ),
  // The tools that deploy start the vendor's own command line.
  hosts({ npm: ['@netlify/mcp'] }, ['api.netlify.com', 'app.netlify.com'], readmeApi, {
    children: 'open',
  }),
  hosts(
    {
      npm: ['@heroku/mcp-server'],
      image: ['mcp/heroku', 'ghcr.io/stacklok/dockyard/npx/heroku-mcp-server'],
    },
    ['api.heroku.com'],
    profileHosts,
    { children: 'open' },
  ),
]

const DATA_SERVICES: readonly KnownServer[] = [
  hosts(
    {
      npm: ['@supabase/mcp-server-supabase'],
      image: ['ghcr.io/stacklok/dockyard/npx/supabase-mcp-server'],
    },
    ['api.supabase.com', 'supabase.com', '.supabase.co'],
    profileHosts,
  ),
  hosts(
    {
      npm: ['@neondatabase/mcp-server-neon'],
      image: ['mcp/neon', 'ghcr.io/stacklok/dockyard/npx/mcp-server-neon'],
    },
    ['console.neon.tech', 'api.neon.tech', '.neon.tech'],
    profileHosts,
    { telemetry: ['track.neon.tech', ...SENTRY] },
  ),
  hosts(
    { npm: ['@pinecone-database/mcp'], image: ['mcp/pinecone'] },
    ['api.pinecone.io', '.pinecone.io'],
    readmeApi,
  ),
  hosts({ pypi: ['snowflake-labs-mcp'] }, ['.snowflakecomputing.com'], readmeApi, {
    configured: true,
  }),
  hosts(
    { pypi: ['falcon-mcp'], image: ['quay.io/crowdstrike/falcon-mcp'] },
    [
      'api.crowdstrike.com',
      'api.us-2.crowdstrike.com',
      'api.eu-1.crowdstrike.com',
      'api.laggar.gcw.crowdstrike.com',
    ],
    profileHosts,
  ),
  hosts(
    { npm: ['onchain-mcp'], image: ['ghcr.io/stacklok/dockyard/npx/onchain-mcp'] },
    ['api.bankless.com'],
    profileHosts,
  ),
]

const DOCUMENTATION: readonly KnownServer[] = [
  hosts(
    { npm: ['@upstash/context7-mcp'], image: ['ghcr.io/stacklok/dockyard/npx/context7'] },
    ['context7.com', 'mcp.context7.com'],
    readmeApi,
  ),
  hosts({ npm: ['@shopify/dev-mcp'] }, ['shopify.dev'], readmeApi),
  hosts({ npm: ['@mastra/mcp-docs-server'] }, ['mastra.ai'], readmeApi),
  hosts({ npm: ['@sveltejs/mcp'] }, ['svelte.dev'], readmeApi),
  hosts({ npm: ['@mui/mcp'] }, ['mui.com', '.mui.com'], readmeApi),
]

export const DEVELOPER_SERVERS: readonly KnownServer[] = [
  ...CODE,
  ...CLOUDS,
  ...DATA_SERVICES,
  ...DOCUMENTATION,
]
