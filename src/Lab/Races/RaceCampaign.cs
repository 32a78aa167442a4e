using System.Collections.Immutable;
using System.Diagnostics;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;

namespace Hooks.Lab.Races;

/// <summary>A race on which kernel and model differ.</summary>
/// <param name="Program">The generated program's number.</param>
/// <param name="Minimal">The smallest on which they still differ in that way, or the program itself if it does not happen again.</param>
/// <param name="Play">That one, played.</param>
/// <param name="Again">How often it happened again, out of <see cref="RaceCampaign.Repeats"/>.</param>
public sealed record RaceDivergence(long Program, Workload Minimal, RacePlay Play, int Again);

/// <summary>What a campaign of races found.</summary>
/// <param name="Played">Programs played.</param>
/// <param name="Agreed">Of these, those on which kernel and model agree.</param>
/// <param name="PassedBy">Those in which the kernel never came to the step that a task should have stood in front of, and which changes nothing: they are not compared.</param>
/// <param name="Retried">Those in which a fault that had waited for a folio's lock began again, and had to wait for another: they are not compared further (<see cref="RacePlay.Retries"/>).</param>
/// <param name="Stood">Those in which a task was held somewhere.</param>
/// <param name="Waited">Those in which a task had to wait for another.</param>
/// <param name="Turns">Turns, all together.</param>
/// <param name="Lost">Of those that were compared, those in which the program, on the real kernel, lost data or tags.</param>
/// <param name="Divergences">In the order of programs.</param>
/// <param name="Complete">False if it was interrupted, or stopped.</param>
/// <param name="Stopped">Why it could not go on; null if it could.</param>
/// <param name="Boots">How often a guest was booted.</param>
/// <param name="Running">How long races were played, all guests together.</param>
public sealed record RaceResult(int Played, int Agreed, int PassedBy, int Retried, int Stood, int Waited, int Turns, int Lost, ImmutableArray<RaceDivergence> Divergences, bool Complete, string? Stopped, int Boots, TimeSpan Running);

/// <summary>
/// Plays generated races on a real kernel, beside the model. The i-th depends on the image, the seed and i only; what differs is shrunk on both together.
/// </summary>
/// <param name="lab">Where QEMU is.</param>
/// <param name="image">The kernel.</param>
/// <param name="kernel">The model's kernel that goes with it.</param>
/// <param name="architecture">The model's architecture.</param>
public sealed class RaceCampaign(LabFolder lab, LabImage image, Kernel kernel, IArchitecture architecture)
{
    /// <summary>How often a difference is played again before it is shrunk.</summary>
    public const int Repeats = 3;

    private const int MaxShrunk = 20;
    private const int MaxDraws = 64;

    private readonly Lock _lock = new();
    private int _shrunk;

    /// <summary>Runs it.</summary>
    /// <param name="programs">How many.</param>
    /// <param name="seed">Where they come from.</param>
    /// <param name="guests">QEMUs at a time.</param>
    /// <param name="progress">Told how many have been played, and how many differ; null for nobody.</param>
    /// <param name="cancel">Ends it early; what was found is kept.</param>
    /// <exception cref="LabException">No guest can be had.</exception>
    public RaceResult Run(int programs, ulong seed, int guests, Action<long, int>? progress, CancellationToken cancel)
    {
        var steps = StepAddresses.Of(image, kernel);
        using var run = RunFolder.Create(lab);
        var divergences = new List<RaceDivergence>();
        var (next, played, agreed, passedBy, retried, stood, waited, turns, lost, boots) = (-1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        var running = TimeSpan.Zero;
        string? stopped = null;
        progress?.Invoke(0, 0);
        Parallel.For(0, guests, new ParallelOptions { MaxDegreeOfParallelism = guests }, Work);
        if (stopped is not null && played == 0) throw new LabException(stopped);
        return new RaceResult(played, agreed, passedBy, retried, stood, waited, turns, lost, [.. divergences.OrderBy(d => d.Program)], played == programs, stopped, boots, running);

        void Work(int number)
        {
            using var session = new RaceSession(lab, image, steps, run, number) { Cancel = cancel };
            var machine = new Machine(kernel, architecture);
            try
            {
                while (!cancel.IsCancellationRequested && Interlocked.Increment(ref next) is var i && i < programs)
                {
                    var workload = Draw(machine, steps, seed, i, out var program);
                    session.Boot();
                    var begun = Stopwatch.GetTimestamp();
                    var play = session.Play(program.Plan);
                    var took = Stopwatch.GetElapsedTime(begun);
                    var divergence = play.Agrees || play.IsAnother ? null : Pursue(session, machine, steps, i, workload, play, cancel);
                    lock (_lock)
                    {
                        played++;
                        running += took;
                        turns += play.Turns.Length;
                        if (play.Agrees) agreed++;
                        if (play.PassesBy) passedBy++;
                        if (play.Retries) retried++;
                        if (play.Turns.Any(t => t.Outcome == TurnOutcome.Stood)) stood++;
                        if (play.Turns.Any(t => t.Outcome == TurnOutcome.Waited)) waited++;
                        if (play.Loses && !play.IsAnother) lost++;
                        if (divergence is not null) divergences.Add(divergence);
                        progress?.Invoke(played, divergences.Count);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // What was found is kept.
            }
            catch (LabException e)
            {
                lock (_lock) stopped ??= e.Message;
            }

            lock (_lock) boots += session.Boots;
        }
    }

    /// <summary>The program with a number: the first of a few draws that can be played.</summary>
    private static Workload Draw(Machine machine, StepAddresses steps, ulong seed, long index, out RaceProgram program)
    {
        var choices = new Choices(Choices.SeedOf(seed, index));
        var generator = new RaceGenerator(machine, step => step == StepAddresses.Access || !steps[step].Addresses.IsEmpty);
        for (var tries = 1; ; tries++)
        {
            var workload = generator.Draw(choices);
            if (workload.Operations.Any(op => op.Until is not null) && RaceProgram.Of(workload, machine, steps, out _) is { } playable)
            {
                program = playable;
                return workload;
            }

            if (tries == MaxDraws) throw new LabException($"none of {MaxDraws} generated programs can be played: too few steps have an address");
        }
    }

    private RaceDivergence Pursue(RaceSession session, Machine machine, StepAddresses steps, long index, Workload workload, RacePlay play, CancellationToken cancel)
    {
        var kind = KindOf(play);
        var again = 0;
        for (var i = 0; i < Repeats && !cancel.IsCancellationRequested; i++)
        {
            if (Same(workload, out _)) again++;
        }

        if (again == 0 || Interlocked.Increment(ref _shrunk) > MaxShrunk) return new RaceDivergence(index, workload, play, again);
        var best = play;
        var minimal = Shrinker.Shrink(
            workload,
            candidate =>
            {
                if (cancel.IsCancellationRequested || !candidate.Swaps.AsSpan().SequenceEqual(workload.Swaps.AsSpan()) || !Same(candidate, out var now)) return false;
                best = now!;
                return true;
            },
            out _);
        return new RaceDivergence(index, minimal, best, again);

        bool Same(Workload candidate, out RacePlay? now)
        {
            now = null;
            try
            {
                if (RaceProgram.Of(candidate, machine, steps, out _) is not { } program) return false;
                now = session.Play(program.Plan);
                return KindOf(now) == kind;
            }
            catch (Exception e) when (e is LabException or OperationCanceledException)
            {
                return false;
            }
        }
    }

    /// <summary>What kind of difference it is, for shrinking to stay with.</summary>
    private static string? KindOf(RacePlay play)
    {
        if (play.Agrees || play.IsAnother) return null;
        if (play.Failure is not null) return "guest";
        if (play.FirstAnswer >= 0) return CaseText.Word(play.Plan.Operations[play.FirstAnswer].Op.Verb);
        return play.Turns[play.FirstTurn] is var turn ? $"{turn.Turn.End} {turn.Outcome}" : null;
    }
}
