using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;

namespace Hooks.Core;

/// <summary>
/// Takes steps: of one kernel on one architecture, in any world. It has no state of its own, keeps no counts, checks nothing, and allocates
/// nothing. Whoever calls it says which task moves; several may have operations under way.
/// </summary>
internal sealed class Executor
{
    private readonly KernelPath[] _paths;
    private readonly PathBody?[] _bodies;
    private readonly IArchHooks _arch;
    private readonly MmRules _rules;

    /// <summary>An executor of this kernel and architecture.</summary>
    public Executor(Kernel kernel, IArchitecture architecture)
    {
        Kernel = kernel;
        Architecture = architecture;
        _arch = architecture.Hooks(kernel);
        _rules = _arch.HasLargeFolios ? kernel.Rules : kernel.Rules & ~MmRules.LargeFolios;
        _paths = new KernelPath[Enum.GetValues<PathId>().Length];
        for (var i = 1; i < _paths.Length; i++) _paths[i] = kernel[(PathId)i];
        _bodies = new PathBody[_paths.Length];
    }

    /// <summary>The kernel.</summary>
    public Kernel Kernel { get; }

    /// <summary>The architecture.</summary>
    public IArchitecture Architecture { get; }

    /// <summary>The architecture's hooks of the kernel's time.</summary>
    public IArchHooks Arch => _arch;

    /// <summary>Whether reports say what steps have read. Where nobody wants to know, it is not cleared from step to step.</summary>
    public bool RecordsReads { get; init; }

    /// <summary>The step that a task stands in front of; of a task that has an operation under way.</summary>
    public Step NextStep(in KTask task) => _paths[(int)task.Path].StepAt(task.Pc);

    /// <summary>Whether a task that has an operation under way may have to wait in front of its next step.</summary>
    public bool MayBlock(in KTask task)
    {
        ref readonly var next = ref _paths[(int)task.Path].Code[task.Pc];
        return next.MayBlock || !next.StartsStep;
    }

    /// <summary>The world as a workload finds it: its swap areas are on, and P0 is there with nothing mapped.</summary>
    public static void Boot(ImmutableArray<SwapConfig> swaps, out World world)
    {
        world = default;
        for (var i = 1; i <= Capacity.Frames; i++) world.State._frames[i].Tags = PageTags.PreviousOwner;
        for (var i = 0; i < swaps.Length; i++)
        {
            var swap = swaps[i];
            world.State._areas[i] = new SwapArea
            {
                Pages = (ushort)swap.Slots,
                Priority = (ushort)(swap.Priority + 1),
                Flags = AreaFlags.Used
                    | (swap.Synchronous ? AreaFlags.Synchronous : AreaFlags.None)
                    | (swap.StableWrites ? AreaFlags.StableWrites : AreaFlags.None)
                    | (swap.SlotCache == SlotCacheMode.Off ? AreaFlags.SlotCacheOff : AreaFlags.None)
                    | (swap.SlotCache == SlotCacheMode.On ? AreaFlags.SlotCacheOn : AreaFlags.None),
            };
        }

        world.State._mms[0] = new MmStruct { Flags = MmFlags.Alive, Users = 1 };
    }

    /// <summary>Puts a task in front of the first step of an operation. The task must have none under way.</summary>
    /// <returns>False if there is nobody to do it, or nobody to do it to: its process does not run.</returns>
    public static bool Begin(ref World world, TaskId id, in Operation op)
    {
        if (!world.State.Mm(op.Mm).IsRunning) return false;
        ref var t = ref world.Tasks[id.Value];
        if (t.IsUnderWay) throw new InvalidOperationException($"{id} has an operation under way; it must end before another begins");
        t.Id = id;
        t.Path = VerbPaths.Of(op.Verb);
        t.Mm = op.Mm;
        t.Verb = op.Verb;
        t.Page = op.Page;
        t.Value = op.Value;
        t.Granule = op.Granule;
        t.Child = op.Child;
        t.To = op.To;
        t.Pin = op.Pin;
        t.Fault = op.Fault;
        t.End = op.End;
        if (id.IsKswapd) return true;
        t.Set(TaskFlags.HoldsMm);
        world.State._mms[op.Mm.Value].Users++;
        return true;
    }

    /// <summary>Forgets what a task whose operation has ended knew. (Until then its result can be read.)</summary>
    public static void Forget(ref World world, TaskId id) => world.Tasks[id.Value] = default;

    /// <summary>Takes one step of a task that has an operation under way, and the instructions behind it that touch the task only.</summary>
    /// <param name="world">The world.</param>
    /// <param name="id">The task.</param>
    /// <param name="report">Takes what the step did. A step that is blocked has done nothing.</param>
    /// <exception cref="CapacityException">It needs more than the modelled machine has.</exception>
    public void Step(ref World world, TaskId id, ref StepReport report) => Steps(ref world, id, ref report, most: 1);

    /// <summary>
    /// Takes steps of a task until one is blocked, ends the operation, or has something to be followed (<see cref="StepReport.Observations"/>,
    /// <see cref="StepReport.SlotsReturned"/>): for whoever has no question between them. What the report says is said of all of them together.
    /// </summary>
    /// <param name="world">The world.</param>
    /// <param name="id">The task.</param>
    /// <param name="report">Takes what the steps did. A step that is blocked has done nothing.</param>
    /// <param name="most">How many steps at the most.</param>
    /// <param name="log">Somebody looks at what steps do: not behind a step that has changed nothing, which only goes into this log. Null: nobody looks.</param>
    /// <returns>How many were taken.</returns>
    /// <exception cref="CapacityException">They need more than the modelled machine has.</exception>
    [SkipLocalsInit]
    public int Steps(ref World world, TaskId id, ref StepReport report, int most, StepLog? log = null)
    {
        ref var t = ref world.Tasks[id.Value];
        int at = t.Pc;
        report.Begin(id, t.Path, (ushort)at, RecordsReads);
        var m = new Memory(ref world.State, ref report, _arch, _rules, in world.Tasks);
        Unsafe.SkipInit(out Stepping s);
        s.Most = most;
        s.Taken = 0;
        s.Budget = CompiledPath.MostJumps;
        s.Acquired = 0;
        s.Log = log;
        if (log is not null && most > 1) s.Holding = Holding.Of(in t);
        while (true)
        {
            switch (BodyOf(t.Path)(in m, ref t, ref report, ref s, at))
            {
                case Exit.Step:
                    return s.Taken;
                case Exit.Call:
                    at = CompiledPath.Arriving;
                    break;
                case Exit.Return:
                    if (t.Depth > 0)
                    {
                        var back = t.Stack[--t.Depth];
                        t.Stack[t.Depth] = default;
                        t.Path = back.Path;
                        at = back.Position | CompiledPath.Arriving;
                    }
                    else if (BackToUserSpace(in m, ref t))
                    {
                        report.Outcome = StepOutcome.Ended;
                        return s.Taken + 1;
                    }
                    else
                    {
                        at = CompiledPath.Arriving;
                    }

                    break;
                case Exit.Blocked:
                    Block(in m, ref t, ref report, in s);
                    return s.Taken;
                case Exit.OffTheEnd:
                    throw new InvalidOperationException($"{Kernel.Name}: {t.Path.KernelName()} does not return");
            }

            // Calls and returns count as jumps backwards do; who goes round has used all up.
            if (--s.Budget < 0) throw new InvalidOperationException($"{Kernel.Name}: {t.Path.KernelName()} goes round without a step");
        }
    }

    private PathBody BodyOf(PathId path) => _bodies[(int)path] ??= _paths[(int)path].Compiled;

    /// <summary>
    /// The operation has ended. Who was the last to use the address space takes it down before it is gone (<c>mmput()</c>, <c>exit_mmap()</c>).
    /// </summary>
    /// <returns>Whether there is nothing left to do.</returns>
    private static bool BackToUserSpace(in Memory m, ref KTask t)
    {
        if (t.Is(TaskFlags.HoldsMm))
        {
            t.Clear(TaskFlags.HoldsMm);
            ref var mm = ref m.WriteMm(t.Mm);
            if (--mm.Users == 0 && mm.IsAlive)
            {
                t.Zap = new PageAt(t.Mm, default);
                t.Path = PathId.ExitMmap;
                return false;
            }
        }

        t.Path = PathId.None;
        t.Pc = 0;
        return true;
    }

    /// <summary>The step has to wait: the locks that it has taken so far are given back, and the task's locals are as they were.</summary>
    private void Block(in Memory m, ref KTask t, ref StepReport report, in Stepping s)
    {
        var code = _paths[(int)report.Path].Code;
        for (var left = s.Acquired; left != 0; left &= left - 1) Locks.Release(in m, ref t, code[report.Position + BitOperations.TrailingZeroCount(left)].Lock);
        if (code[report.Position].MayUndo) t = s.Undo;
        report.Outcome = StepOutcome.Blocked;
        report.Wait = s.Wait;
        if (s.Taken != 0) return;
        report.Written = default;
        report.Marks = Mark.None;
    }
}
