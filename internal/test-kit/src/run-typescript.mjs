// For a Node that cannot run TypeScript: `node --import <this file> program.ts`.
import { register } from 'node:module'

register('./typescript-hooks.mjs', import.meta.url)
