using System.Runtime.CompilerServices;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Properties.Paths;

/// <summary>
/// What an instruction says it reads and sets of its task's locals is true: before each one that is executed, it is tried on a copy of the
/// machine whose other locals hold something else, and must come to the same; and what it has changed it must have said.
/// </summary>
public class DeclarationTests
{
    private const int Workloads = 25;

    public static TheoryData<string, string> Pairs()
    {
        var data = new TheoryData<string, string>();
        foreach (var kernel in KernelCatalogue.All)
        {
            foreach (var arch in Machines.Architectures) data.Add(kernel.Name, arch.Name);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void An_instruction_reads_and_sets_the_locals_that_it_says(string kernel, string arch)
    {
        var probe = new Probe(KernelCatalogue.Get(kernel), Machines.Architectures.Single(a => a.Name == arch));
        for (var i = 0; i < Workloads; i++) probe.Run(i);
        Assert.Equal([], probe.Wrong.Order());
        Assert.True(probe.Tried > 100 * Workloads, $"{probe.Tried} instructions");
    }

    [Fact]
    public void An_instruction_that_says_too_little_is_found()
    {
        var good = KernelCatalogue.Get("v6.11");
        var path = good[PathId.DoSwapPage];
        var undeclared = Step.Of("test", Era.Never, static (in m, ref t) => SwapFile.SwapFree(in m, t.Entry));
        var unsaid = Step.Of("test", Era.Never, static (in m, ref t) => t.NewPte = Pte.MkPte(t.Folio, m.ReadVma(t.Mm, t.Page)), Locals.Folio);
        var blind = Step.Of("test", Era.Never, [Instruction.Unless(static (in m, in t) => m.ReadPte(t.Mm, t.Page) == t.OrigPte, DoSwapPage.OutNomap)]);
        Assert.Contains("do_swap_page.undeclared reads more than None", Wrong(path.Replace(DoSwapPage.SwapFree, undeclared.Called("undeclared"))));
        Assert.Contains("do_swap_page.unsaid sets NewPte, and does not say so", Wrong(path.Replace(DoSwapPage.MkPte, unsaid.Called("unsaid"))));
        Assert.Contains("do_swap_page.blind reads more than None", Wrong(path.Replace(DoSwapPage.PteSame, blind.Called("blind"))));

        HashSet<string> Wrong(KernelPath changed)
        {
            var probe = new Probe(good.Mutated("test", "test", changed), Machines.None);
            for (var i = 0; i < Workloads; i++) probe.Run(i);
            return probe.Wrong;
        }
    }

    /// <summary>A kernel whose instructions are tried before they are executed.</summary>
    private sealed class Probe
    {
        private readonly Interleaved _run;
        private readonly Choices _lots = new(17);

        public Probe(Kernel kernel, Core.Arch.IArchitecture arch)
        {
            var tried = kernel;
            foreach (var path in kernel.Paths)
            {
                var name = path.Id.KernelName();
                tried = tried.Mutated(kernel.Name, kernel.Description, new KernelPath(path.Id, path.KernelFunction, [.. path.Items.Select(item => Of(item, name))]));
            }

            _run = new Interleaved(tried, arch);
        }

        public HashSet<string> Wrong { get; } = [];

        public int Tried { get; private set; }

        public void Run(int i) => _run.Run(Interleaved.Program(47, i), seed: (ulong)i, static (in before, in after, in report) => { });

        private PathItem Of(PathItem item, string path)
        {
            if (item.Step is { } step) return new Step(step.Name, step.Source, step.Era, [.. step.Instructions.Select(i => Of(i, $"{path}.{step.Name}"))]);
            return item.Instruction is { } instruction ? Of(instruction, path) : item;
        }

        private Instruction Of(Instruction i, string place) => i.Code switch
        {
            OpCode.Do => Instruction.Do(Of(i.Effect!, i, place), i.Reads, i.Sets),
            OpCode.Let => Instruction.Let(Of(i.Effect!, i, place), i.Reads, i.Sets),
            OpCode.If => Instruction.If(Of(i.Guard!, i, place), i.Target!, i.Reads),
            OpCode.Unless => Instruction.Unless(Of(i.Guard!, i, place), i.Target!, i.Reads),
            OpCode.When => Instruction.When(Of(i.Guard!, i, place), i.Reads, [.. i.Block.Select(inner => Of(inner, place))]),
            OpCode.Wait => Instruction.Wait(Of(i.Condition!, i, place), i.Reads),
            _ => i,
        };

        private Effect Of(Effect effect, Instruction i, string place) => (in m, ref t) =>
        {
            Try(in t, i, place, (in copy, ref task) =>
            {
                effect(in copy, ref task);
                return default;
            });
            effect(in m, ref t);
        };

        private Guard Of(Guard guard, Instruction i, string place) => (in m, in t) =>
        {
            Try(in t, i, place, (in copy, ref task) => guard(in copy, in task) ? new Waiting(WaitKind.Claim, 1) : default, changesNothing: true);
            return guard(in m, in t);
        };

        private Condition Of(Condition condition, Instruction i, string place) => (in m, in t) =>
        {
            Try(in t, i, place, (in copy, ref task) => condition(in copy, in task), changesNothing: true);
            return condition(in m, in t);
        };

        private delegate Waiting Trial(in Memory m, ref KTask t);

        private void Try(in KTask t, Instruction i, string place, Trial trial, bool changesNothing = false)
        {
            Tried++;
            var before = t;
            var other = t;
            for (var slot = 0; slot < LocalSlots.Count; slot++)
            {
                if ((i.Reads & (Locals)(1 << slot)) == 0) other.SetSlot(slot, Something(slot, t.Slot(slot)));
            }

            var perturbed = other;
            var (left, right) = (_run.World.State, _run.World.State);
            var (leftReport, rightReport) = (new StepReport(), new StepReport());
            var mine = t;
            Waiting answer, otherAnswer;
            try
            {
                answer = trial(new Memory(ref left, ref leftReport, _run.Arch, _run.Kernel.Rules), ref mine);
            }
            catch (CapacityException)
            {
                return;
            }

            try
            {
                otherAnswer = trial(new Memory(ref right, ref rightReport, _run.Arch, _run.Kernel.Rules), ref other);
            }
            catch (Exception e) when (e is IndexOutOfRangeException or CapacityException)
            {
                Wrong.Add($"{place} reads more than {i.Reads}");
                return;
            }

            if (changesNothing && (left != _run.World.State || !ValueBytes.Same(in before, in mine))) Wrong.Add($"{place} asks something, and changes something");
            var same = left == right && answer == otherAnswer && Same(in leftReport, in rightReport);
            for (var slot = 0; slot < LocalSlots.Count; slot++)
            {
                var (was, now) = (before.Slot(slot), mine.Slot(slot));
                if (was != now && !MaySet(i.Sets, slot, was, now)) Wrong.Add($"{place} sets {(Locals)(1 << slot)}, and does not say so");

                // Set by both to the same, or left alone by both.
                var untouched = was == now && other.Slot(slot) == perturbed.Slot(slot);
                if (now != other.Slot(slot) && !untouched) same = false;
                other.SetSlot(slot, now);
            }

            if (!same || !ValueBytes.Same(in mine, in other)) Wrong.Add($"{place} reads more than {i.Reads}");
        }

        private static bool MaySet(Locals sets, int slot, uint was, uint now) =>
            (sets & (Locals)(1 << slot)) != 0 || ((Locals)(1 << slot) == Locals.Zap && (sets & Locals.ZapPage) != 0 && (byte)was == (byte)now);

        private static bool Same(in StepReport a, in StepReport b)
        {
            if (a.Marks != b.Marks || a.Oops != b.Oops || a.SlotsReturned != b.SlotsReturned || !ValueBytes.Same(in a.Written, in b.Written) || a.Observations.Count != b.Observations.Count) return false;
            for (var i = 0; i < a.Observations.Count; i++)
            {
                if (a.Observations[i] != b.Observations[i]) return false;
            }

            return true;
        }

        /// <summary>Another value that a slot can hold.</summary>
        private uint Something(int slot, uint now)
        {
            while (true)
            {
                var value = (Locals)(1 << slot) switch
                {
                    Locals.Folio or Locals.Swapcache or Locals.OldFolio or Locals.Folio3 => (uint)_lots.Next(Capacity.Frames + 1),
                    Locals.Entry or Locals.Entry1 => (uint)_lots.Next(SwapEntry.Total + 1),
                    Locals.OrigPte or Locals.NewPte or Locals.Pte2 or Locals.Pte3 => Unsafe.BitCast<Pte, uint>(SomePte()),
                    Locals.Walk or Locals.Zap => (uint)(_lots.Next(Capacity.Mms) | (_lots.Next(Capacity.Pages) << 8)),
                    Locals.Busy => (uint)_lots.Next(Capacity.Mms + 1),
                    _ => (uint)_lots.Next(256),
                };
                if (value != now) return value;
            }
        }

        private Pte SomePte()
        {
            var flags = (PteFlags)_lots.Next(64);
            return _lots.Next(4) switch
            {
                0 => Pte.None,
                1 => Pte.Poison,
                2 => new Pte(PteKind.Present, (byte)(1 + _lots.Next(Capacity.Frames)), flags & ~PteFlags.SwpExclusive),
                _ => Pte.OfEntry(SwapEntry.At(_lots.Next(SwapEntry.Total))).With(flags & ~(PteFlags.Write | PteFlags.Dirty | PteFlags.Tagged)),
            };
        }
    }
}

/// <summary>For the tests here.</summary>
file static class StepNames
{
    public static Step Called(this Step step, string name) => new(name, step.Source, step.Era, step.Instructions);
}
