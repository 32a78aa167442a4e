using System.Runtime.ExceptionServices;

namespace Hooks.Cli.Running;

/// <summary>
/// Runs jobs that do not depend on each other on several threads. Each thread takes the next job when it is done with one, so
/// that a slow job holds up nobody; a result stands where its job stands, so that nothing depends on who ran it, or when.
/// </summary>
/// <typeparam name="TJob">A job.</typeparam>
/// <typeparam name="TResult">What comes of a job.</typeparam>
internal sealed class WorkQueue<TJob, TResult> : IDisposable
    where TResult : class
{
    private readonly IReadOnlyList<TJob> _jobs;
    private readonly Func<TJob, CancellationToken, TResult> _run;
    private readonly Action<int, TJob>? _progress;
    private readonly TResult?[] _results;
    private readonly CancellationTokenSource _stop;
    private readonly CountdownEvent _working;
    private readonly Lock _counting = new();
    private ExceptionDispatchInfo? _failure;
    private int _next = -1;
    private int _done;

    /// <summary>Begins.</summary>
    /// <param name="jobs">The jobs; they are begun in this order.</param>
    /// <param name="run">Runs a job, on any thread. Once it is told to stop it may return what it has, or throw <see cref="OperationCanceledException"/> if that is nothing.</param>
    /// <param name="threads">Jobs at a time.</param>
    /// <param name="interrupted">Ends it early: no further job is begun, and those that run are told.</param>
    /// <param name="progress">Told after each job how many are done, and which it was; null for nobody. Called from several threads, one at a time.</param>
    public WorkQueue(IReadOnlyList<TJob> jobs, Func<TJob, CancellationToken, TResult> run, int threads, CancellationToken interrupted, Action<int, TJob>? progress = null)
    {
        _jobs = jobs;
        _run = run;
        _progress = progress;
        _results = new TResult?[jobs.Count];
        _stop = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        threads = Math.Min(threads, jobs.Count);
        _working = new CountdownEvent(threads);
        for (var i = 0; i < threads; i++) new Thread(Work) { IsBackground = true, Name = $"job {i}" }.Start();
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>Whether it has come.</returns>
    public bool Wait(TimeSpan timeout) => _working.Wait(timeout, CancellationToken.None);

    /// <summary>Waits for the end, and throws what a job threw first. That is always a bug of Hooks, and ends the others as an interruption does.</summary>
    /// <returns>The results, in the order of the jobs; null for a job that was not begun, or stopped with nothing.</returns>
    public IReadOnlyList<TResult?> Finish()
    {
        Wait(Timeout.InfiniteTimeSpan);
        _failure?.Throw();
        return _results;
    }

    /// <summary>Stops, and waits until no job runs.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        Wait(Timeout.InfiniteTimeSpan);
        _working.Dispose();
        _stop.Dispose();
    }

    private void Work()
    {
        try
        {
            while (!_stop.IsCancellationRequested && Interlocked.Increment(ref _next) is var i && i < _jobs.Count)
            {
                _results[i] = _run(_jobs[i], _stop.Token);
                lock (_counting) _progress?.Invoke(++_done, _jobs[i]);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // A job that has no result. There is no further one to begin.
        }
#pragma warning disable CA1031 // Thrown again where it can be shown; an exception that ends a thread ends the process.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
            _stop.Cancel();
        }
        finally
        {
            _working.Signal();
        }
    }
}
