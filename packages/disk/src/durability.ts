/** What a resolved promise has survived: the end of the process, or a loss of power too. */
export type Durability = 'process' | 'power'
