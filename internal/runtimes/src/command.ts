import { spawn } from 'node:child_process'

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

interface CommandOptions {
  cwd?: string
  env?: Record<string, string>
}

/** Runs a command to its end, whatever that is. */
export function command(
  file: string,
  args: readonly string[],
  { cwd, env }: CommandOptions = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr }))
  })
}

/** Runs a command that has to succeed. */
export async function succeed(
  file: string,
  args: readonly string[],
  options?: CommandOptions,
): Promise<string> {
  const { code, stdout, stderr } = await command(file, args, options)
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} exited with code ${code}.\n${stdout}\n${stderr}`)
  return stdout
}
