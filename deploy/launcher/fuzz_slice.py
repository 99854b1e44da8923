"""One slice of one fuzz target: so many seconds of processor time, then SIGINT, which libFuzzer
takes for the end and prints its figures."""

import dataclasses
import os
import re
import resource
import select
import signal
import subprocess
import time

INPUT_S = 10  # an input that takes longer is a fault
ENDING_S = 120  # for a target that was told to end, at idle priority beside whatever runs
INTERRUPTED, TIMED_OUT = 72, 70  # libFuzzer's exit statuses
TICKS_A_SECOND = os.sysconf('SC_CLK_TCK')


@dataclasses.dataclass
class Done:
    processor_s: float = 0
    executions: int = 0
    edges: int = 0
    features: int = 0
    new_edge_s: float = 0  # when the last edge came that none had reached, 0: the corpus has all
    new_feature_s: float = 0  # and the last feature: an edge, or another count of it
    inputs: int = 0  # that the corpus has now
    problem: str = ''


class Output:
    """Reads what libFuzzer says."""

    def __init__(self):
        self.rest = ''
        self.executions = self.edges = self.features = 0
        self.problem = self.artifact = ''

    def take(self, text, now_s, done):
        lines = (self.rest + text).split('\n')
        self.rest = lines.pop()
        for line in lines:
            self.line(line, now_s, done)

    def line(self, line, now_s, done):
        found = re.match(r'#(\d+)\s+(\S+)\s+cov: (\d+)(?: ft: (\d+))?', line)
        if found:
            edges, features = int(found[3]), int(found[4] or 0)
            if found[2] not in ('READ', 'INITED'):
                if edges > self.edges:
                    done.new_edge_s = now_s
                if found[2] == 'NEW':
                    done.new_feature_s = now_s
            self.executions = int(found[1])
            self.edges, self.features = max(edges, self.edges), max(features, self.features)
            return
        found = re.match(r'stat::number_of_executed_units:\s+(\d+)', line)
        if found:
            self.executions = int(found[1])
        found = re.search(r'Test unit written to (\S+)', line)
        if found:
            self.artifact = found[1]
        told = re.search('ERROR: .*|runtime error: .*|.*[Aa]ssert.* failed.*', line)
        if told and not self.problem:
            self.problem = told[0].strip()[:80].replace('|', '/')


def processor_s_of(pid):
    with open(f'/proc/{pid}/stat', encoding='ascii', errors='replace') as file:
        fields = file.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def run_slice(program, name, results, tree, dictionary, seconds, stopping):
    """Returns Done. A timeout by the clock is one only when the input takes as long alone: the
    machine may have had no time for us, or somebody stopped us to measure something."""
    corpus = results / name
    corpus.mkdir(parents=True, exist_ok=True)
    done = Done()
    with open(results / f'{name}.log', 'w', encoding='utf-8') as log:
        while done.processor_s < seconds:
            command = [str(program), f'-timeout={INPUT_S}', '-rss_limit_mb=4096',
                       '-print_final_stats=1', f'-artifact_prefix={results}/{name}.']
            command += [f'-dict={dictionary}'] if dictionary else []
            status, artifact = run_once(command + [str(corpus), str(tree)], seconds, stopping,
                                        log, done)
            if status == TIMED_OUT and artifact and not takes_too_long(program, artifact):
                os.unlink(artifact)
                log.write('Not a fault of the target: alone it is quick.\n')
                done.problem = ''
            elif status != INTERRUPTED:  # it never ends by itself
                done.problem = done.problem or f'exit status {status}'
                break
            else:
                done.problem = ''
            if stopping.is_set():
                break
    done.inputs = len(os.listdir(corpus))
    return done


def run_once(command, seconds, stopping, log, done):
    """Adds to `done` until it has `seconds`; returns the exit status and what was written down as
    the culprit."""
    before_s, output, told_s = done.processor_s, Output(), None
    # pylint: disable-next=consider-using-with
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    used_s, open_end = 0, True
    while open_end:
        ready = select.select([child.stdout], [], [], 0.25)[0]
        used_s = max(used_s, processor_s_of(child.pid))
        if ready:
            piece = os.read(child.stdout.fileno(), 1 << 16)
            open_end = len(piece) > 0
            text = piece.decode('utf-8', 'replace')
            log.write(text)
            log.flush()
            output.take(text, before_s + used_s, done)
        if told_s is None and (before_s + used_s >= seconds or stopping.is_set()):
            child.send_signal(signal.SIGINT)
            told_s = time.monotonic()
        if told_s is not None and time.monotonic() - told_s > ENDING_S:
            child.kill()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    done.processor_s += usage.ru_utime + usage.ru_stime
    done.executions += output.executions
    done.edges, done.features = output.edges, output.features
    done.problem = output.problem
    if told_s is not None and child.returncode == -signal.SIGINT:  # before it could listen
        return INTERRUPTED, ''
    return child.returncode, output.artifact


def takes_too_long(program, artifact):
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (INPUT_S, INPUT_S))

    return subprocess.run([str(program), artifact], stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          preexec_fn=limit).returncode != 0
