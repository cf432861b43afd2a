import { createInterface } from 'node:readline'

type Task = 'args' | 'echo' | 'fail' | 'hang'

const task = process.argv[2] as Task
console.log(`pid ${process.pid}`)
if (task === 'args')
  console.log(JSON.stringify({ args: process.argv.slice(3), variable: process.env['TEST_KIT'] ?? null }))
if (task === 'echo')
  createInterface({ input: process.stdin }).on('line', line => console.log(line.toUpperCase()))
if (task === 'fail') throw new Error('out of luck')
if (task === 'hang') setInterval(() => {}, 1000)
