//! One function per command, one file per family.
//!
//! A function gets the agent's state and checked arguments and returns a value or
//! an error; it writes no bytes and calls no other command.

mod basic;
mod data;
mod devices;
mod disk;
pub(crate) mod exec;
pub(crate) mod file;
pub(crate) mod fsfreeze;
mod hardware;
mod network;
mod power;
mod ssh;
pub(crate) mod stop;
mod suspend;
mod system;
mod users;

use crate::args::Args;
use crate::commands::stop::Stop;
use crate::json::Value;
use crate::state::State;
use qga_fixtures::schema::CommandId;

/// What runs a command.
pub(crate) type Handler = fn(&mut State, &Args) -> Result<Value, Stop>;

/// The function of a command. A new row of the table does not build until it has
/// one here.
pub(crate) fn handler(id: CommandId) -> Handler {
    match id {
        CommandId::GuestSyncDelimited => basic::sync_delimited,
        CommandId::GuestSync => basic::sync,
        CommandId::GuestPing => basic::ping,
        CommandId::GuestInfo => basic::info,
        CommandId::GuestShutdown => power::shutdown,
        CommandId::GuestFileOpen => file::open,
        CommandId::GuestFileClose => file::close,
        CommandId::GuestFileRead => file::read,
        CommandId::GuestFileWrite => file::write,
        CommandId::GuestFileSeek => file::seek,
        CommandId::GuestFileFlush => file::flush,
        CommandId::GuestFsfreezeStatus => fsfreeze::status,
        CommandId::GuestFsfreezeFreeze => fsfreeze::freeze,
        CommandId::GuestFsfreezeFreezeList => fsfreeze::freeze_list,
        CommandId::GuestFsfreezeThaw => fsfreeze::thaw,
        CommandId::GuestExec => exec::exec,
        CommandId::GuestExecStatus => exec::status,
        CommandId::GuestGetLoad => system::get_load,
        CommandId::GuestGetUsers => system::get_users,
        CommandId::GuestGetHostName => system::get_host_name,
        CommandId::GuestGetOsinfo => system::get_osinfo,
        CommandId::GuestGetTimezone => system::get_timezone,
        CommandId::GuestSetTime => system::set_time,
        CommandId::GuestGetTime => system::get_time,
        CommandId::GuestNetworkGetRoute => network::get_route,
        CommandId::GuestGetCpustats => hardware::get_cpustats,
        CommandId::GuestGetDiskstats => disk::get_diskstats,
        CommandId::GuestGetMemoryBlockInfo => hardware::get_memory_block_info,
        CommandId::GuestSetMemoryBlocks => hardware::set_memory_blocks,
        CommandId::GuestGetMemoryBlocks => hardware::get_memory_blocks,
        CommandId::GuestGetFsinfo => disk::get_fsinfo,
        CommandId::GuestGetDisks => disk::get_disks,
        CommandId::GuestSetVcpus => hardware::set_vcpus,
        CommandId::GuestGetVcpus => hardware::get_vcpus,
        CommandId::GuestNetworkGetInterfaces => network::get_interfaces,
        CommandId::GuestFstrim => disk::fstrim,
        CommandId::GuestSuspendDisk => suspend::disk,
        CommandId::GuestSuspendRam => suspend::ram,
        CommandId::GuestSuspendHybrid => suspend::hybrid,
        CommandId::GuestSetUserPassword => users::set_password,
        CommandId::GuestGetDevices => devices::get_devices,
        CommandId::GuestSshGetAuthorizedKeys => ssh::get_keys,
        CommandId::GuestSshAddAuthorizedKeys => ssh::add_keys,
        CommandId::GuestSshRemoveAuthorizedKeys => ssh::remove_keys,
    }
}
