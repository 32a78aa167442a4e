using System.Collections.Immutable;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Report.Repro;

/// <summary>What a page may hold, in the program's eyes. More than one where the kernel may choose (MADV_FREE), or where tasks race.</summary>
/// <param name="Data">The data.</param>
/// <param name="Tags">The tags.</param>
internal readonly record struct Held(byte Data, PageTags Tags);

/// <summary>An operation as the program does it, with what is known before and after it.</summary>
/// <param name="Op">The operation.</param>
/// <param name="Result">How it ended in the model.</param>
/// <param name="Held">What its page may hold: before it for a load or store, after it for all others.</param>
/// <param name="IsTagged">Whether its page has tags on.</param>
/// <param name="MayTrap">Whether the program has write-protected the page (userfaultfd).</param>
/// <param name="IsMapped">Whether something is mapped at its page.</param>
/// <param name="IsPresent">Whether the page is mapped behind it: a page that is pinned or shared stays when it is paged out.</param>
internal sealed record Expected(Operation Op, OpResult Result, ImmutableArray<Held> Held, bool IsTagged, bool MayTrap, bool IsMapped, bool IsPresent);

/// <summary>A page when all is done.</summary>
/// <param name="At">Whose, and which.</param>
/// <param name="Held">What it may hold.</param>
/// <param name="IsTagged">Whether it has tags on.</param>
/// <param name="IsProtected">Whether the program has write-protected it (userfaultfd).</param>
internal sealed record PageAtEnd(PageAt At, ImmutableArray<Held> Held, bool IsTagged, bool IsProtected);

/// <summary>
/// What the program has stored, and so must find: the model's oracle, followed along a workload that runs one operation after the other on a kernel without the
/// bug. What MADV_FREE leaves open is kept open: the model's kernel may have dropped the page, and the one the program runs on not.
/// </summary>
internal sealed class Expectations
{
    private static readonly ImmutableArray<Held> Zero = [default];

    private readonly Machine _machine;
    private readonly Dictionary<PageAt, ImmutableArray<Held>> _held = [];
    private World _world;

    /// <summary>Before the first operation.</summary>
    /// <param name="machine">A kernel that keeps what it is given, and the architecture.</param>
    /// <param name="workload">For its swap areas.</param>
    public Expectations(Machine machine, Workload workload)
    {
        _machine = machine;
        machine.Begin(workload, out _world);
    }

    /// <summary>A copy, to go on from here in another way.</summary>
    public Expectations(Expectations from)
    {
        _machine = from._machine;
        _world = from._world;
        foreach (var (at, held) in from._held) _held.Add(at, held);
    }

    /// <summary>The pages that processes which are alive have mapped and may read, in order, with what each may hold.</summary>
    public IEnumerable<PageAtEnd> InTheEnd()
    {
        for (byte mm = 0; mm < Capacity.Mms; mm++)
        {
            for (byte page = 0; page < Capacity.Pages; page++)
            {
                var (id, vpn) = (new MmId(mm), new Vpn(page));
                var vma = _world.State.Vma(id, vpn);
                if (_world.State.Mm(id).IsAlive && vma.IsMapped && vma.Is(VmaFlags.Read)) yield return new PageAtEnd(new PageAt(id, vpn), HeldAt(new PageAt(id, vpn)), vma.IsTagged, _world.Oracle.Of(id, vpn).UffdWp);
            }
        }
    }

    /// <summary>The model's own word.</summary>
    public Oracle Oracle => _world.Oracle;

    /// <summary>Runs an operation to its end.</summary>
    /// <exception cref="CapacityException">The workload needs more than the modelled machine has.</exception>
    public Expected Follow(Operation op)
    {
        var at = new PageAt(op.Mm, op.Page);
        var before = _world;
        var (held, tagged, trap) = (HeldAt(at), _world.State.Vma(op.Mm, op.Page).IsTagged, _world.Oracle.Of(at).UffdWp);
        var result = _machine.Apply(ref _world, op with { Until = null });
        Learn(op, result, in before);
        var access = op.Verb is Verb.Read or Verb.ReadTag or Verb.Write or Verb.Tag;
        return new Expected(op, result, access ? held : HeldAt(at), tagged || (op.Verb == Verb.Map && ((MapFlags)op.Value & MapFlags.Tagged) != 0), trap, _world.State.Mm(op.Mm).IsAlive && _world.State.Vma(op.Mm, op.Page).IsMapped, _world.State.Pte(op.Mm, op.Page).IsPresent);
    }

    private ImmutableArray<Held> HeldAt(PageAt at) => _held.GetValueOrDefault(at, Zero);

    private Held OracleOf(PageAt at) => new(_world.Oracle.Of(at).Data, _world.Oracle.Of(at).Tags);

    private void Learn(Operation op, OpResult result, in World before)
    {
        var at = new PageAt(op.Mm, op.Page);
        switch (op.Verb)
        {
            case Verb.Write when result is OpResult.Applied or OpResult.Userfault or OpResult.SigBus && !before.Oracle.Of(at).UffdWp:
                // A store that the program has not asked to be trapped is done, whatever this kernel makes of it.
                _held[at] = [.. HeldAt(at).Select(h => h with { Data = op.Value }).Distinct()];
                return;
            case Verb.Tag when result == OpResult.Applied:
                _held[at] = [.. HeldAt(at).Select(h => h with { Tags = op.Granule == 0 ? PageTags.All(op.Value) : h.Tags.With(op.Granule - 1, op.Value) }).Distinct()];
                return;
            case Verb.Free when result == OpResult.Applied && _world.Oracle.Of(at).Mapped:
                _held[at] = [.. HeldAt(at).Append(default).Distinct()];
                return;
            case Verb.Fork when result == OpResult.Applied:
                foreach (var old in _held.Keys.Where(page => page.Mm == op.Child).ToList()) _held.Remove(old);
                foreach (var (page, held) in _held.Where(h => h.Key.Mm == op.Mm).ToList()) _held[new PageAt(op.Child, page.Page)] = held;
                return;
            case Verb.Mremap or Verb.UffdMove when result == OpResult.Applied:
                _held[new PageAt(op.Mm, op.To)] = HeldAt(at);
                _held[at] = Zero;
                return;
            case Verb.Map or Verb.Unmap or Verb.Dontneed when result == OpResult.Applied:
                for (var page = op.Page; page.Value <= (op.IsLarge ? op.To : op.Page).Value; page = page.Next) _held[new PageAt(op.Mm, page)] = Zero;
                return;
            case Verb.Dma when OracleOf(at).Data == op.Value && result == OpResult.Applied:
                _held[at] = [.. HeldAt(at).Select(h => h with { Data = op.Value }).Distinct()];
                return;
        }
    }
}
