"""The scenarios of the suite. To add one is one entry here: what runs it, and what makes its tables."""

import collections

from scenarios import bursts, crowds, ends, paced

Scenario = collections.namedtuple("Scenario", "name run tables")

ALL = (
    Scenario("fanout", bursts.run_fanout, bursts.fanout_tables),
    Scenario("equal", bursts.run_equal, bursts.equal_tables),
    Scenario("many", bursts.run_many, bursts.many_tables),
    Scenario("log", bursts.run_log, bursts.log_tables),
    Scenario("echo", paced.run_echo, paced.echo_tables),
    Scenario("latency", paced.run_latency, paced.latency_tables),
    Scenario("match", bursts.run_match, bursts.match_tables),
    Scenario("veil", bursts.run_veil, bursts.veil_tables),
    Scenario("shards", bursts.run_shards, bursts.shards_tables),
    Scenario("crowd", crowds.run_crowd, crowds.crowd_tables),
    Scenario("storm", crowds.run_storm, crowds.storm_tables),
    Scenario("receive", ends.run_receive, ends.receive_tables),
    Scenario("pipe", ends.run_pipe, ends.pipe_tables),
    Scenario("python", ends.run_python, ends.python_tables),
)
