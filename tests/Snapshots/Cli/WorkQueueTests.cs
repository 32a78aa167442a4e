using Hooks.Cli.Running;
using Xunit;

namespace Hooks.Snapshots.Cli;

/// <summary>What <c>check</c>, <c>zoo</c> and <c>mutate</c> run their jobs with.</summary>
public sealed class WorkQueueTests : IDisposable
{
    /// <summary>Long enough for what must happen, so that a test fails where it would hang.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _interrupt = new();

    public void Dispose() => _interrupt.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(64)]
    public void Every_job_is_run_once_and_its_result_stands_where_it_stands(int threads)
    {
        var runs = new int[40];
        using var queue = Start(runs.Length, threads, (job, _) =>
        {
            Interlocked.Increment(ref runs[job]);
            Thread.Sleep((runs.Length - job) % 3);
            return $"{job}";
        });
        Assert.Equal(Enumerable.Range(0, runs.Length).Select(i => $"{i}"), queue.Finish());
        Assert.All(runs, n => Assert.Equal(1, n));
    }

    [Fact]
    public void A_slow_job_holds_up_nobody()
    {
        using var others = new CountdownEvent(9);
        using var queue = Start(10, threads: 2, (job, _) =>
        {
            if (job == 0) Assert.True(others.Wait(Long, CancellationToken.None));
            else others.Signal();
            return $"{job}";
        });
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), queue.Finish());
    }

    [Fact]
    public void As_many_at_a_time_as_there_are_threads()
    {
        using var together = new Barrier(3);
        var counting = new Lock();
        var (running, most) = (0, 0);
        using var queue = Start(12, threads: 3, (job, _) =>
        {
            lock (counting) most = Math.Max(most, ++running);
            Assert.True(together.SignalAndWait(Long, CancellationToken.None));
            lock (counting) running--;
            return $"{job}";
        });
        Assert.Equal(12, queue.Finish().Count);
        Assert.Equal(3, most);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Progress_counts_every_job_one_at_a_time(int threads)
    {
        var told = new List<(int Count, int Job)>();
        var inside = 0;
        using var queue = new WorkQueue<int, string>([.. Enumerable.Range(0, 40)], (job, _) => $"{job}", threads, _interrupt.Token, (count, job) =>
        {
            Assert.Equal(1, Interlocked.Increment(ref inside));
            told.Add((count, job));
            Thread.Sleep(1);
            Interlocked.Decrement(ref inside);
        });
        queue.Finish();
        Assert.Equal(Enumerable.Range(1, 40), told.Select(t => t.Count));
        Assert.Equal(Enumerable.Range(0, 40), told.Select(t => t.Job).Order());
        if (threads == 1) Assert.Equal(Enumerable.Range(0, 40), told.Select(t => t.Job));
    }

    [Fact]
    public void An_interruption_keeps_what_was_finished_and_begins_no_more()
    {
        var told = 0;
        using var queue = new WorkQueue<int, string>([.. Enumerable.Range(0, 6)], Run, 1, _interrupt.Token, (count, _) => told = count);
        Assert.Equal(["0", "1", "2", null, null, null], queue.Finish());
        Assert.Equal(3, told);

        string Run(int job, CancellationToken stop)
        {
            if (job == 2) _interrupt.Cancel();
            return $"{job}";
        }
    }

    [Fact]
    public void A_job_that_is_interrupted_may_return_what_it_has_or_nothing()
    {
        using var both = new Barrier(2);
        using var queue = Start(5, threads: 2, (job, stop) =>
        {
            Assert.True(both.SignalAndWait(Long, CancellationToken.None));
            if (job == 0) _interrupt.Cancel();
            Assert.True(stop.WaitHandle.WaitOne(Long));
            if (job == 1) stop.ThrowIfCancellationRequested();
            return $"part of {job}";
        });
        Assert.Equal(["part of 0", null, null, null, null], queue.Finish());
    }

    [Fact]
    public void What_is_interrupted_before_it_begins_does_not_begin()
    {
        _interrupt.Cancel();
        using var queue = Start(3, threads: 2, (_, _) => throw new InvalidOperationException("begun"));
        Assert.Equal([null, null, null], queue.Finish());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void What_a_job_throws_is_thrown_as_it_is_and_ends_the_others(int threads)
    {
        using var all = new Barrier(threads);
        var (begun, told) = (0, 0);
        using var queue = Start(10, threads, (job, stop) =>
        {
            Interlocked.Increment(ref begun);
            Assert.True(all.SignalAndWait(Long, CancellationToken.None));
            if (job == 0) throw new InvalidDataException("job 0");
            if (stop.WaitHandle.WaitOne(Long)) Interlocked.Increment(ref told);
            throw new OperationCanceledException(stop);
        });
        Assert.Equal("job 0", Assert.Throws<InvalidDataException>(queue.Finish).Message);
        Assert.Equal((threads, threads - 1), (begun, told));
        Assert.False(_interrupt.IsCancellationRequested);
    }

    [Fact]
    public void A_job_that_gives_up_though_nobody_said_so_has_failed()
    {
        using var queue = Start(1, threads: 1, (_, _) => throw new OperationCanceledException("by itself"));
        Assert.Equal("by itself", Assert.Throws<OperationCanceledException>(queue.Finish).Message);
    }

    [Fact]
    public void What_progress_throws_is_thrown_too()
    {
        using var queue = new WorkQueue<int, string>([0, 1], (job, _) => $"{job}", 1, _interrupt.Token, (_, _) => throw new InvalidDataException("progress"));
        Assert.Equal("progress", Assert.Throws<InvalidDataException>(queue.Finish).Message);
    }

    [Fact]
    public void One_can_look_on_while_it_runs()
    {
        using var go = new ManualResetEventSlim();
        using var queue = Start(1, threads: 1, (_, _) => go.Wait(Long, CancellationToken.None) ? "went" : "waited in vain");
        Assert.False(queue.Wait(TimeSpan.FromMilliseconds(1)));
        go.Set();
        Assert.True(queue.Wait(Long));
        Assert.Equal(["went"], queue.Finish());
    }

    [Fact]
    public void Who_does_not_wait_for_the_end_ends_it()
    {
        using var begun = new ManualResetEventSlim();
        var ended = 0;
        using (Start(4, threads: 1, Run)) Assert.True(begun.Wait(Long));
        Assert.Equal(1, ended);

        string Run(int job, CancellationToken stop)
        {
            begun.Set();
            if (stop.WaitHandle.WaitOne(Long)) ended++;
            return $"{job}";
        }
    }

    [Fact]
    public void No_jobs_are_done_at_once()
    {
        using var queue = Start(0, threads: 2, (job, _) => $"{job}");
        Assert.Empty(queue.Finish());
    }

    private WorkQueue<int, string> Start(int jobs, int threads, Func<int, CancellationToken, string> run) =>
        new([.. Enumerable.Range(0, jobs)], run, threads, _interrupt.Token);
}
