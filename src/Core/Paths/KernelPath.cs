using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>An element of a path as it is written down: a step, a label in front of what follows, or an instruction that touches the task only and goes with the step before it.</summary>
/// <param name="Step">The step, if it is one.</param>
/// <param name="Label">The label, if it is one.</param>
/// <param name="Instruction">The instruction, if it is one.</param>
public readonly record struct PathItem(Step? Step, Label? Label, Instruction? Instruction)
{
    /// <summary>A step.</summary>
    public static implicit operator PathItem(Step step) => FromStep(step);

    /// <summary>A label.</summary>
    public static implicit operator PathItem(Label label) => FromLabel(label);

    /// <summary>An instruction.</summary>
    public static implicit operator PathItem(Instruction instruction) => FromInstruction(instruction);

    /// <summary>A step.</summary>
    public static PathItem FromStep(Step step) => new(step, null, null);

    /// <summary>A label.</summary>
    public static PathItem FromLabel(Label label) => new(null, label, null);

    /// <summary>An instruction.</summary>
    public static PathItem FromInstruction(Instruction instruction) => new(null, null, instruction);

    /// <inheritdoc/>
    public override string ToString() => Step?.Name ?? (Label is not null ? Label.Name + ":" : Instruction?.Code switch
    {
        OpCode.Goto => $"goto {Instruction.Target}",
        OpCode.Call => $"call {Instruction.Callee.KernelName()}",
        OpCode.Return => "return",
        OpCode.If or OpCode.Unless => $"{(Instruction.Code == OpCode.If ? "if …" : "unless …")} goto {Instruction.Target}",
        { } code => code.ToString(),
        null => "",
    });
}

/// <summary>An instruction as it is executed: blocks and labels have become positions.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct Code
{
    /// <summary>What to do; <see cref="OpCode.When"/> has become <see cref="OpCode.Unless"/>.</summary>
    public OpCode Op;

    /// <summary>Whether a step begins here: others may run before it.</summary>
    public bool StartsStep;

    /// <summary>Whether the step that begins here changes locals before it takes a lock: they are put back if it has to wait.</summary>
    public bool MayUndo;

    /// <summary>Whether the step that begins here can have to wait.</summary>
    public bool MayBlock;

    /// <summary>The path called.</summary>
    public PathId Callee;

    /// <summary>The result said.</summary>
    public OpResult Outcome;

    /// <summary>The lock.</summary>
    public LockName Lock;

    /// <summary>Where a jump goes.</summary>
    public ushort Target;

    /// <summary>Which step of the path it belongs to.</summary>
    public ushort Step;

    /// <summary>The effect, guard or condition, by what <see cref="Op"/> says.</summary>
    public object Body;
}

/// <summary>A kernel path as data: an ordered list of steps, labels and jumps. Moving a line of the kernel is moving an element.</summary>
public sealed class KernelPath
{
    private readonly Code[] _code;
    private PathBody? _compiled;

    /// <summary>A path of these items, in order. (<see cref="Kernels.Kernel"/> checks it against the paths that it calls.)</summary>
    /// <exception cref="ArgumentException">A label stands twice, or nowhere; the path has no step; or an instruction between steps touches more than the task.</exception>
    public KernelPath(PathId id, string kernelFunction, params IReadOnlyList<PathItem> items)
    {
        Id = id;
        KernelFunction = kernelFunction;
        Items = items;
        Steps = [.. items.Where(item => item.Step is not null).Select(item => item.Step!)];
        if (Steps.Length == 0) throw new ArgumentException($"{id}: a path needs a step", nameof(items));
        _code = Compile();
    }

    /// <summary>Which path.</summary>
    public PathId Id { get; }

    /// <summary>The kernel function it stands for.</summary>
    public string KernelFunction { get; }

    /// <summary>Steps, labels and jumps as written.</summary>
    public IReadOnlyList<PathItem> Items { get; }

    /// <summary>The steps, in order; a step that stands twice is in it twice.</summary>
    public ImmutableArray<Step> Steps { get; }

    /// <summary>The instructions, by position.</summary>
    internal ReadOnlySpan<Code> Code => _code;

    /// <summary>The instructions, by position.</summary>
    internal Code[] CodeArray => _code;

    /// <summary>The instructions as machine code, made when it is first run. (Two threads may both make it: it is the same.)</summary>
    internal PathBody Compiled => _compiled ??= CompiledPath.Of(this);

    /// <summary>What each instruction was made from.</summary>
    internal ImmutableArray<Instruction> Sources { get; private set; }

    /// <summary>The step at a position.</summary>
    internal Step StepAt(int position) => Steps[_code[position].Step];

    /// <summary>This path with a step left out, wherever it stands.</summary>
    /// <exception cref="ArgumentException">The path has no such step.</exception>
    public KernelPath Without(Step step) => Replace(step);

    /// <summary>This path with other items in the place of a step, wherever it stands: how a variant of a kernel is made.</summary>
    /// <exception cref="ArgumentException">The path has no such step.</exception>
    public KernelPath Replace(Step step, params IReadOnlyList<PathItem> with)
    {
        if (!Steps.Contains(step)) throw new ArgumentException($"path {Id} has no step {step.Name}", nameof(step));
        return new KernelPath(Id, KernelFunction, [.. Items.SelectMany(item => item.Step == step ? with : [item])]);
    }

    private Code[] Compile()
    {
        var code = new List<Code>();
        var sources = new List<Instruction>();
        var labels = new Dictionary<Label, int>();
        var jumps = new List<(int At, Label Target)>();
        var step = -1;
        foreach (var item in Items)
        {
            if (item.Label is { } label)
            {
                if (!labels.TryAdd(label, code.Count)) throw new ArgumentException($"{Id}: label {label} stands twice");
            }
            else if (item.Step is { } group)
            {
                step++;
                var first = code.Count;
                foreach (var instruction in group.Instructions) Emit(instruction, step);
                if (code.Count == first) throw new ArgumentException($"{Id}: step {group.Name} has no instruction");
                CollectionsMarshal.AsSpan(code)[first].StartsStep = true;
                CollectionsMarshal.AsSpan(code)[first].MayUndo = group.Instructions.Any(HasLet);
                CollectionsMarshal.AsSpan(code)[first].MayBlock = group.Instructions.Any(Waits);
            }
            else if (item.Instruction is { } local)
            {
                if (local.Code is not (OpCode.Goto or OpCode.Call or OpCode.Return or OpCode.If or OpCode.Unless or OpCode.Let or OpCode.Result))
                {
                    throw new ArgumentException($"{Id}: {local.Code} stands outside of a step, where others could not see it");
                }

                Emit(local, Math.Max(step, 0));
            }
            else
            {
                throw new ArgumentException($"{Id}: an item is neither step, label nor instruction");
            }
        }

        if (code.Count > ushort.MaxValue) throw new ArgumentException($"{Id}: more than {ushort.MaxValue} instructions");
        // Behind the last: who comes here has gone off the end of a path that was never checked.
        Code[] result = [.. code, new Code { Op = OpCode.OffTheEnd, Step = (ushort)Math.Max(step, 0) }];
        Sources = [.. sources];
        foreach (var (at, target) in jumps)
        {
            if (!labels.TryGetValue(target, out var position)) throw new ArgumentException($"{Id}: there is no label {target}, to which {Steps[result[at].Step].Name} jumps");
            result[at].Target = (ushort)position;
        }

        return result;

        void Emit(Instruction i, int of)
        {
            var at = code.Count;
            code.Add(new Code
            {
                Op = i.Code == OpCode.When ? OpCode.Unless : i.Code,
                Step = (ushort)of,
                Callee = i.Callee,
                Outcome = i.Outcome,
                Lock = i.Lock,
                Body = ((object?)i.Effect ?? (object?)i.Guard ?? i.Condition)!,
            });
            sources.Add(i);
            if (i.Target is { } target) jumps.Add((at, target));
            if (i.Code != OpCode.When) return;
            foreach (var inner in i.Block) Emit(inner, of);
            CollectionsMarshal.AsSpan(code)[at].Target = (ushort)code.Count;
        }
    }

    private static bool Waits(Instruction i) => i.Code is OpCode.Acquire or OpCode.Wait || i.Block.Any(Waits);

    private static bool HasLet(Instruction i) => i.Code == OpCode.Let || i.Block.Any(HasLet);
}
