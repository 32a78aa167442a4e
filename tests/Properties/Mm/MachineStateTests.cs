using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Xunit;

namespace Hooks.Properties.Mm;

public class MachineStateTests
{
    private static readonly NoArch Arch = new();

    [Fact]
    public void The_state_has_no_padding_so_equal_states_are_equal_bytes() =>
        Assert.Equal(Unsafe.SizeOf<MachineState>(), SizeOfFields(typeof(MachineState)));

    [Fact]
    public void The_oracle_has_no_padding_either() =>
        Assert.Equal(Unsafe.SizeOf<Oracle>(), SizeOfFields(typeof(Oracle)));

    [Fact]
    public void Nor_has_the_whole_world()
    {
        Assert.Equal(Unsafe.SizeOf<World>(), SizeOfFields(typeof(World)));
        Assert.Equal(Unsafe.SizeOf<KTask>(), SizeOfFields(typeof(KTask)));
        Assert.Equal(Unsafe.SizeOf<Ghost>(), SizeOfFields(typeof(Ghost)));
    }

    [Fact]
    public void The_oracle_compares_and_hashes_as_a_value_too()
    {
        var a = new Oracle();
        a.Follow(Arch, Observation.Mapped(default));
        var b = a;
        Assert.True(a == b);
        Assert.Equal(a.Hash(), b.Hash());
        b.Follow(Arch, Observation.Stored(default, 1));
        Assert.True(a != b);
        Assert.NotEqual(a.Hash(), b.Hash());
    }

    [Fact]
    public void A_copy_is_equal_and_hashes_alike()
    {
        var state = Filled(7);
        var copy = state;
        Assert.True(state == copy);
        Assert.Equal(state.Hash(), copy.Hash());
        Assert.Equal(state.GetHashCode(), copy.GetHashCode());
        Assert.True(state.Equals((object)copy));
    }

    [Fact]
    public void A_copy_is_a_state_of_its_own()
    {
        var state = new MachineState();
        var copy = state;
        copy._folios[3].RefCount = 1;
        Assert.Equal(0, state.Folio(new Pfn(3)).RefCount);
        Assert.True(state != copy);
    }

    [Fact]
    public void Every_single_byte_counts_in_equality_and_hash()
    {
        var state = Filled(3);
        var hash = state.Hash();
        for (var i = 0; i < Unsafe.SizeOf<MachineState>(); i++)
        {
            var changed = state;
            MemoryMarshal.AsBytes(new Span<MachineState>(ref changed))[i] ^= 1;
            Assert.True(state != changed, $"byte {i}");
            Assert.NotEqual(hash, changed.Hash());
        }
    }

    [Fact]
    public void Every_single_byte_of_the_world_counts_too()
    {
        var world = new World { State = Filled(3) };
        var hash = world.Hash();
        Assert.True(world == new World { State = Filled(3) });
        for (var i = 0; i < Unsafe.SizeOf<World>(); i++)
        {
            var changed = world;
            MemoryMarshal.AsBytes(new Span<World>(ref changed))[i] ^= 1;
            Assert.True(world != changed, $"byte {i}");
            Assert.NotEqual(hash, changed.Hash());
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, Capacity.SlotsPerArea)]
    [InlineData(1, 1)]
    [InlineData(Capacity.Areas - 1, Capacity.SlotsPerArea)]
    public void A_swap_entry_is_its_type_and_offset(int type, int offset)
    {
        var entry = SwapEntry.Of(type, offset);
        Assert.Equal((type, offset), (entry.Type, entry.Offset));
        Assert.False(entry.IsNone);
        Assert.Equal(entry, Pte.OfEntry(entry).With(PteFlags.SwpExclusive).Entry);
    }

    [Fact]
    public void Tags_are_kept_by_granule()
    {
        var tags = PageTags.All(5).With(2, 0xa);
        Assert.Equal((5, 5, 0xa, 5), (tags[0], tags[1], tags[2], tags[3]));
        Assert.Equal("55a5", tags.ToString());
        Assert.Equal(PageTags.All(5), tags.With(2, 5));
    }

    private static MachineState Filled(byte seed)
    {
        var state = new MachineState();
        var bytes = MemoryMarshal.AsBytes(new Span<MachineState>(ref state));
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)((i * 31) + seed);
        return state;
    }

    private static int SizeOfFields(Type type)
    {
        if (type.IsEnum) return SizeOfFields(Enum.GetUnderlyingType(type));
        if (type == typeof(byte) || type == typeof(bool)) return 1;
        if (type == typeof(ushort)) return 2;
        if (type == typeof(uint)) return 4;
        if (type == typeof(ulong)) return 8;
        var length = type.GetCustomAttribute<InlineArrayAttribute>()?.Length ?? 1;
        return length * type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Sum(f => SizeOfFields(f.FieldType));
    }
}
