using System.Runtime.ExceptionServices;

namespace Hooks.Cli.Checking;

/// <summary>
/// Runs pairs on several threads. Each thread takes the next pair when it is done with one, so that a slow pair holds up
/// nobody; as each pair has a campaign of its own and depends on the seed only, the results do not depend on who ran it.
/// </summary>
internal sealed class CheckRunner : IDisposable
{
    private readonly IReadOnlyList<PairRun> _pairs;
    private readonly ulong _seed;
    private readonly CancellationTokenSource _cancel;
    private readonly CountdownEvent _working;
    private ExceptionDispatchInfo? _failure;
    private int _next = -1;

    private CheckRunner(IReadOnlyList<PairRun> pairs, ulong seed, int jobs, CancellationToken interrupted)
    {
        _pairs = pairs;
        _seed = seed;
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        _working = new CountdownEvent(jobs);
    }

    /// <summary>Begins.</summary>
    public static CheckRunner Start(IReadOnlyList<PairRun> pairs, ulong seed, int jobs, CancellationToken interrupted)
    {
        var threads = Math.Min(jobs, pairs.Count);
        var runner = new CheckRunner(pairs, seed, threads, interrupted);
        for (var i = 0; i < threads; i++) new Thread(runner.Work) { IsBackground = true, Name = $"check {i}" }.Start();
        return runner;
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>Whether it has come.</returns>
    public bool Wait(TimeSpan timeout) => _working.Wait(timeout, CancellationToken.None);

    /// <summary>Throws what a thread threw. That is always a bug of Hooks.</summary>
    public void ThrowIfFailed() => _failure?.Throw();

    /// <inheritdoc/>
    public void Dispose()
    {
        _cancel.Cancel();
        _working.Wait();
        _working.Dispose();
        _cancel.Dispose();
    }

    private void Work()
    {
        try
        {
            while (!_cancel.IsCancellationRequested)
            {
                var i = Interlocked.Increment(ref _next);
                if (i >= _pairs.Count) break;
                _pairs[i].Run(_seed, _cancel.Token);
            }
        }
#pragma warning disable CA1031 // Thrown again where it can be shown; an exception that ends a thread ends the process.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
            _cancel.Cancel();
        }
        finally
        {
            _working.Signal();
        }
    }
}
