"""What is wanted, all in one place; docs/performance.md says it in words.

At most, unless the name says LEAST. Ratios are of the gate's CPU to that of another server in the
same repetition.
"""

# Fan-out: of the better of NATS and Redis, for (listeners, messages under way).
FANOUT = {(listeners, window): most for listeners in (100, 1000)
          for window, most in ((1000, 0.35), (100, 0.6), (10, 1.05), (1, 1.25))}
FANOUT_REDIS = {(1, 1000): 0.6, (1, 100): 0.8}  # of Redis alone
MOSQUITTO = 0.05  # with 100 under way and more
# Deliveries of equal length on the wire: of the better broker.
EQUAL = {(listeners, window): 0.5 for listeners in (10, 100, 1000) for window in (100, 1000)}
MANY = {100: 0.8}  # of the better broker, for the messages that each sender has under way
LOG_US = {1: 1.0}  # microseconds of CPU a message at `normal`, beyond `memory`, for so many listeners
LOG_RATIO = {100: 1.5}  # of `memory`, for so many listeners
LATENCY_RATIO = {"20000": 1.0}  # p99 of that of the better broker, for messages a second
ECHO_US = {(64, 16): 0.5, (1, 1000): 0.1}  # microseconds of CPU an echo, for (connections, depth)
ECHO_REDIS = {(1, 1): 1.0}  # of Redis
IDLE_BYTES = 512  # resident, of a connection that listens, without its ids
MATCH_RATIO = 1.25  # of the CPU with one listened id: flat, as far as a busy machine lets one see
SHARDS_LEAST = 1.6  # times the deliveries a second of one shard
RECEIVE_LEAST_MILLIONS = 6.0  # pushes of 100 bytes for a second of CPU
RECEIVE_LEAST_SHARE = 0.25  # of the program that only splits and answers
LISTEN_LEAST_MILLIONS = 1.0  # messages a second that rtm listen writes to a pipe
PYTHON_LEAST = 300000.0  # messages a second to a callback
PYTHON_US = 3.0  # microseconds of CPU each
