// Loaded before a program: gives it a clock that is wrong by so many milliseconds, or that stands still.
const { STAGCACHE_TEST_CLOCK = '0' } = process.env
const real = Date.now
const stopped = real()

Date.now = STAGCACHE_TEST_CLOCK === 'stopped' ? () => stopped : () => real() + Number(STAGCACHE_TEST_CLOCK)
