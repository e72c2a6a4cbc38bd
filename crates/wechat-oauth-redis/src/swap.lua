-- KEYS[1]: where. ARGV[1]: the new record. ARGV[2]: its lifetime in milliseconds.
-- ARGV[3]: the record that is expected there; left out when nothing is.
-- Gives 1 when the new record is there, and otherwise what is there.
local there = redis.call('GET', KEYS[1])
if there == ARGV[1] then
    return 1
end
if there ~= (ARGV[3] or false) then
    return there
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
