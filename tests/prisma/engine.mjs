// Answers questions about Prisma schemas with Prisma's own schema engine: one JSON object a line in,
// one out. usage: node engine.mjs DIR, where DIR/node_modules holds @prisma/schema-engine-wasm,
// @prisma/adapter-better-sqlite3 and @prisma/driver-adapter-utils.
//
//   {"do": "ddl", "schema": TEXT}                            -> {"sql": TEXT} or {"error": TEXT}
//   {"do": "diff", "schema": TEXT, "db": PATH}               -> {"sql": TEXT}: what it would still do
//   {"do": "push", "schema": TEXT, "db": PATH, "force": B}   -> {"warnings": [], "impossible": []}
import fs from 'node:fs'
import path from 'node:path'
import readline from 'node:readline'
import { createRequire } from 'node:module'

const require = createRequire(path.resolve(process.argv[2], 'package.json'))
const { PrismaBetterSqlite3 } = require('@prisma/adapter-better-sqlite3')
const { bindMigrationAwareSqlAdapterFactory } = require('@prisma/driver-adapter-utils')
const folder = path.dirname(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg'))
const glue = await import(path.join(folder, 'schema_engine_bg.js'))
const code = await WebAssembly.compile(fs.readFileSync(path.join(folder, 'schema_engine_bg.wasm')))
const instance = await WebAssembly.instantiate(code, { './schema_engine_bg.js': glue })
glue.__wbg_set_wasm(instance.exports)
instance.exports.__wbindgen_start()

const EMPTY = 'datasource db {\n  provider = "sqlite"\n}\n'
const FILTERS = { externalTables: [], externalEnums: [] }

// The engine asks for one index by a string in double quotes, which this driver's SQLite refuses.
const single = sql => sql.replace(/(type = 'index' AND name = )"(.*)";$/, (_, head, name) => `${head}'${name.replace(/'/g, "''")}';`)

function connected(connection) {
  const query = connection.queryRaw.bind(connection)
  connection.queryRaw = q => query({ ...q, sql: single(q.sql) })
  return connection
}

class Factory {
  constructor(url) {
    this.driver = new PrismaBetterSqlite3({ url })
    this.provider = this.driver.provider
    this.adapterName = this.driver.adapterName
  }
  async connect() { return connected(await this.driver.connect()) }
  async connectToShadowDb() { return connected(await this.driver.connectToShadowDb()) }
}

// Newer engines take the address from elsewhere and refuse it in the schema.
const withoutAddress = text =>
  text.replace(/^[ \t]*datasource\s+\w+\s*\{[^}]*\}/m, block => block.replace(/^\s*(url|directUrl|shadowDatabaseUrl)\s*=.*$/mg, ''))

async function answer(question) {
  const file = { path: 'schema.prisma', content: withoutAddress(question.schema) }
  const url = question.db ? `file:${question.db}` : ':memory:'
  const engine = await glue.SchemaEngine.new({ datamodels: [[file.path, file.content]] }, () => {},
    bindMigrationAwareSqlAdapterFactory(new Factory(url)))
  if (question.do === 'push') {
    const done = await engine.schemaPush({ force: !!question.force, schema: { files: [file] }, filters: FILTERS })
    return { warnings: done.warnings, impossible: done.unexecutable }
  }
  const from = question.do === 'ddl' ? { tag: 'empty' }
    : { tag: 'schemaDatasource', files: [{ path: file.path, content: EMPTY }], configDir: '.' }
  const found = await engine.diff({ from, to: { tag: 'schemaDatamodel', files: [file] }, script: true,
    exitCode: true, shadowDatabaseUrl: null, filters: FILTERS })
  return { sql: found.stdout ?? '' }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  let reply
  try {
    reply = await answer(JSON.parse(line))
  } catch (error) {
    reply = { error: (error?.message ?? String(error)).replace(/\x1b\[[0-9;]*m/g, '') }
  }
  console.log(JSON.stringify(reply))
}
