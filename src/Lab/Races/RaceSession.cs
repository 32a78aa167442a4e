using System.Diagnostics;
using System.Globalization;
using Hooks.Core.Workloads;

namespace Hooks.Lab.Races;

/// <summary>A guest with a CPU for each of a few tasks, on which races are played; booted when it is needed, and anew after it hung or died.</summary>
/// <param name="lab">Where QEMU is.</param>
/// <param name="image">The kernel.</param>
/// <param name="steps">Where its steps are.</param>
/// <param name="run">Where its console goes.</param>
/// <param name="number">The session's number in the run, from 0.</param>
public sealed class RaceSession(LabFolder lab, LabImage image, StepAddresses steps, RunFolder run, int number) : IDisposable
{
    /// <summary>CPUs of a guest: one for the agent, and three for tasks. The lab's kernels know four.</summary>
    public const int Cpus = 4;

    /// <summary>
    /// So many pages at the beginning of a swap area are bad, and then every other one. Until 6.11 the scan for a slot begins behind the page after the CPU's last slot, which is drawn when the area is switched
    /// on, and ends before it: what is there is not found. (Large folios need neighbouring slots, of which 6.12 and later takes the first.)
    /// </summary>
    private const int BadPages = 24;

    private const int DiskSlots = 64;
    private const int Sessions = 1024;
    private const int Beginnings = 20;

    private static readonly TimeSpan CancelTime = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan SwapTime = TimeSpan.FromSeconds(30);

    private Guest? _guest;
    private GdbStub? _stub;
    private AgentMarks? _marks;
    private string? _swaps;
    private int _resets;

    /// <summary>How long anything may take before the guest counts as hung: a whole race takes milliseconds.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Ends all waiting for a guest, with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Cancel { get; init; }

    /// <summary>How often a guest was booted.</summary>
    public int Boots { get; private set; }

    /// <summary>What the guest said of itself.</summary>
    public string Hello { get; private set; } = "";

    /// <summary>Plays a plan once.</summary>
    /// <exception cref="LabException">No guest can be had, or the race cannot be played on one.</exception>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public RacePlay Play(RacePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        for (var beginning = 1; ; beginning++)
        {
            Boot();
            var turns = new List<PlayedTurn>();
            Answer?[] answers = [];
            var begun = Stopwatch.GetTimestamp();
            try
            {
                Swap(plan.Workload);
                Reset();
                new RacePlayer(_guest!, _stub!, steps, _marks!, Cpus, Patience).Play(plan, turns, out answers);
                return new RacePlay(plan, [.. turns], [.. answers], Stopwatch.GetElapsedTime(begun), null);
            }
            catch (BeginningException e)
            {
                // Where the CPU's scan begins is drawn anew.
                _swaps = null;
                if (beginning == Beginnings) throw new LabException($"{e.Message} {Beginnings} times, where the model says that it goes: the race cannot be begun on {image.Name}", e);
            }
            catch (Exception e) when (e is GuestException or GdbStubException)
            {
                var failure = e as GuestException ?? _guest!.Failure($"is gone: {e.Message}");
                Drop();

                // Ctrl-C reaches QEMU as well, and it may be faster.
                if (Cancel.WaitHandle.WaitOne(CancelTime)) throw new OperationCanceledException(Cancel);
                return new RacePlay(plan, [.. turns], [.. answers], Stopwatch.GetElapsedTime(begun), failure);
            }
            catch
            {
                Drop();
                throw;
            }
        }
    }

    /// <summary>Boots a guest if none is up.</summary>
    /// <exception cref="LabException">It cannot be had.</exception>
    public void Boot()
    {
        if (_guest is not null) return;
        if (Boots == 0) Guest.QemuVersion(lab);
        var id = (Boots++ * Sessions) + number;

        // A unix socket's path has room for about a hundred characters.
        var socket = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"hooks-{Environment.ProcessId}-{id}.gdb"));
        try
        {
            _guest = Guest.Start(lab, image, run, id, DiskSlots, Cancel, debugged: new Debugged(Cpus, socket));
            Hello = _guest.Hello;
            _swaps = null;
            var on = _guest.Ask("race on", SwapTime);
            if (!on.StartsWith("ok ", StringComparison.Ordinal)) throw new LabException($"the agent of {image.Name} says '{on}' to 'race on': it is older than this tool. {LabFolder.Remedy}");
            _marks = AgentMarks.Of(on);
            _stub = GdbStub.Connect(socket, Patience);
            _stub.ContinueAll();
        }
        catch (Exception e) when (e is GuestException or GdbStubException)
        {
            var tail = e is GuestException guest ? GuestSession.Tail(guest) : "";
            Drop();
            throw new LabException($"the kernel {image.Name} does not come up with {Cpus} CPUs: {e.Message}{tail}", e);
        }
        catch
        {
            Drop();
            throw;
        }
        finally
        {
            // Both ends have it open.
            File.Delete(socket);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Drop();

    private void Swap(Workload workload)
    {
        var wanted = string.Join('\n', workload.Swaps.Select((swap, area) => string.Create(CultureInfo.InvariantCulture, $"swap {area} {(swap.Synchronous ? "zram" : "disk")} {swap.Slots} {swap.Priority} {(LabProgram.HasLarge(workload) ? 0 : BadPages)}")));
        if (_swaps == wanted) return;
        _swaps = null;
        Reset();
        _guest!.GiveSwap(wanted, SwapTime);
        _swaps = wanted;
    }

    private void Reset()
    {
        var expected = string.Create(CultureInfo.InvariantCulture, $"ok {_resets}");
        var said = _guest!.Ask(string.Create(CultureInfo.InvariantCulture, $"reset {_resets++}"), SwapTime);
        Guest.Expect(expected, said);
    }

    private void Drop()
    {
        _stub?.Dispose();
        _stub = null;
        _guest?.Dispose();
        _guest = null;
        _swaps = null;
    }
}
