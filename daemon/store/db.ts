import type Database from 'better-sqlite3'

/** The database as the store writes it. */
export type Db = Database.Database
