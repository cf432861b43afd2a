import { appSessionId } from '../src/session.ts'

console.log(JSON.stringify(appSessionId()))
